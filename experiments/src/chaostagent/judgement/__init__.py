"""From what a run did and what the platform saw of it to a verdict. Pure."""
