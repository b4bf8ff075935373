"""A typed client of the platform, and the tagent command line."""
