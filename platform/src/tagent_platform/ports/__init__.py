"""What the platform needs from outside, in its own words: Protocols of at most six methods.

The bullets of a port's docstring are the list of tests in `tests/ports/`, which run over every adapter.
"""
