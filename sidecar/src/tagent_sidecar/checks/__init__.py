"""Health checks: HTTP, TCP and commands, straight to the service and through the proxy, and the rhythm they run in.

What belongs here: the sockets and processes of checks, and `HealthWatch`, which feeds their results to `health/`. What may
not: judging what a result means.
"""
