"""The ingress proxy: callers connect here, their bytes pass through, and faults act on the way.

What belongs here: sockets, timers, and the sans-IO reading of message boundaries (`heads.py`, `body.py`). What may not:
deciding which fault applies (that is `faults/`) or what the figures mean (`telemetry/`, `health/`). The sidecar makes one
`Proxy` and tells it when faults changed.
"""
