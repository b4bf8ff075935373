"""The wire between Tagent's parts: types both sides parse, and their pure validation.

What belongs here: msgspec types, their bounds, and pure functions on them. What must not: I/O, clocks, settings,
or anything only one side needs. Unknown fields are ignored, so an older side can read a newer one; a wrong field
is an error that names its path.
"""
