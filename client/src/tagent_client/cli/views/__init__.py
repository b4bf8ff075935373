"""What commands show, as plain values: sheets, lines and words from contract structs.

What belongs here: pure functions. What may not: clocks, terminals, the client. `screen.py` draws what they return.
"""
