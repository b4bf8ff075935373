"""The ports' implementations. They run no use case and import no sibling."""
