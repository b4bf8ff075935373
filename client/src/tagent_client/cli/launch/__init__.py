"""Starting processes for `up`, `attach` and `demo`, keeping them alive, and ending them in order.

What belongs here: ports, the home, child processes and their logs. What may not: talk with the person at the terminal
other than through the function handed in.
"""
