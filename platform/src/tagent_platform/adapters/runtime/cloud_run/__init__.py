"""Services on Google Cloud Run, through its Admin API.

`runtime` keeps the port. Pure decisions: `places` (which Cloud Run service is meant), `traffic` (who serves, who is pinned, what a hold
looks like), `revisions` (which is the last good one), `progress` (how far a roll-out is), `failures` (what an error means and what to do).
I/O: `calls` (the API), `log_entries` (Cloud Logging).
"""
