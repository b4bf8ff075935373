"""A drill: a fault on a service while callers go on calling, and the judgement whether it was real and was healed.

What belongs here: the callers, the course of one trial, and its promises. What may not: starting the services, and how
a report looks.
"""
