"""Who may come in: the sign-in page, sessions on the server's side, and the gate before everything else."""
