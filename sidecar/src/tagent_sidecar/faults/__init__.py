"""Faults: which of them applies to a request, a connection or the process, and what it should do.

What belongs here: one file a fault type, the table of them, and the engine that arms, counts and ends them. What may
not: I/O, clocks, sockets, tasks. Every method takes `now` (monotonic seconds); effects and commands are values that
`proxy/` and the sidecar carry out.
"""
