"""Small programs that run as processes of their own beside the service, for faults.

What belongs here: one file a program, started as `python -I -S FILE`. What may not: importing anything but the standard
library, since each start is to take milliseconds. Each says `ready` on its standard output once the fault is in force,
ends by itself when its time is over, and is on a leash (`supervisor/leash.py`) like every process of ours.
"""
