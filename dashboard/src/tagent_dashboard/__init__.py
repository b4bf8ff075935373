"""The dashboard: one process that watches the platform for everyone who looks, and acts for each with their own token.

`live` knows (one poller a process), `views` decides what to show (pure), `widgets` and `pages` show it, `doorway` says who may come in.
"""
