"""Experiments as the platform knows them: who runs what on which services, and what that says of them. Pure.

`runs` is a run's life, `reservation` whether one may begin, `score` what all results together are worth, `views` how it is shown.
What an experiment does is not known here: whoever runs it injects faults and asks for states like anybody else.
"""
