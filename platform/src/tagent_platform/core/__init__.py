"""Decisions: pure functions from records and times to records, events and reasons.

What must not enter: clocks, asyncio, sockets, os, randomness. Time and random values come in as arguments.
"""
