"""`tagent chaos`: found by the command line through the entry point `tagent.commands`."""
