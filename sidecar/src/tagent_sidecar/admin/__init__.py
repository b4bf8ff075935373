"""The admin port: /healthz, /metrics and /faults for people and tools on this machine.

What belongs here: a small HTTP server and the text it gives out. What may not: anything that changes something; faults
are started and ended by the platform alone.
"""
