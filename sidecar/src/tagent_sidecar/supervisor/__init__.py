"""The service's process: started, watched, restarted, stopped, measured, and broken on purpose.

What belongs here: processes and signals, and beside them the pure decisions (`restarts.py`, `restart_orders.py`,
`exit_log.py`, `line_splitter.py`). What may not: judging health, which is `health/`. `service.py` is the face: a
`SupervisedService` is the parent of its process, a `WatchedService` stands beside one that something else runs.
"""
