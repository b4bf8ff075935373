"""The commands, one file a group: read arguments, ask the client, hand a view to the screen.

What may not be here: how something looks, and how processes are started.
"""
