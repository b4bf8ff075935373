"""The pages, one file each; every one is a function of who is looking."""
