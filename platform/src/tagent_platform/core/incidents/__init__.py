"""An incident's life: what it is about, what was tried, how its end is proven, and what is told of it. Pure.

`causes` says which faults are behind a sickness, `steps` how an incident changes and what that adds to its story, `attempts`
what became of a remedy, `exits` what a sidecar's own restarts add, `views` how it is shown. What to do about it is `core/policy`.
"""
