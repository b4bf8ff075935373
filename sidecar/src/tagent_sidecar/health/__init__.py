"""How well the instance is, judged from its checks, its traffic and its exits.

What belongs here: pure decisions; `now` is monotonic seconds and an argument. What may not: clocks, sockets, processes
(those are in `checks/` and `supervisor/`). `checks/health_watch.py` feeds it, and the reports carry what it says.
"""
