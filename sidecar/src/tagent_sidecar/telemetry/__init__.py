"""Telemetry: windows, histograms, the buffer of what could not be sent, log lines and their redaction.

What belongs here: counting and keeping, as pure code. What may not: clocks, sockets, files; `now` is an argument. The
proxy and the supervisor write into it; `platform_link/` and `health/` read.
"""
