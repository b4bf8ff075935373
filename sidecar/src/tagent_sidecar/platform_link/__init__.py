"""The link to the platform: reports out, plans in.

What belongs here: the HTTP client, and the two conversations (`reporter.py`, `plan_poll.py`) with their retries. What may
not: deciding what a plan means (that is `faults/` and `supervisor/`) or what health is. Nothing of the proxy ever waits
for this package.
"""
