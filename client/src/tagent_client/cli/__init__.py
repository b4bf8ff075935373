"""The `tagent` command line.

What belongs here: commands (`commands/`, a file a group), what they show (`views/`, pure), and starting processes
(`launch/`). What may not: calls to the platform other than through the client. Modules are loaded by the command that
needs them, so that help and completion stay quick.
"""
