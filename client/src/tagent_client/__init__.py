"""A typed client of the platform, and the tagent command line.

What belongs here: the calls, their time-outs and retries, and what the command line shows of them. What may not:
decisions about faults, health or healing; those are the platform's.
"""
