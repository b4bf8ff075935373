"""What goes on around an experiment. In a file they stand in this order: guard, timeline, strict, run.

    guard      stops the run when somebody suffers who should not, or a limit is passed
    timeline   puts the platform's own account into the journal
    strict     turns the journal into a verdict, and the toolkit's false greens into red
    run        begins the run on the platform, keeps it alive, and tells the platform how it ended

The toolkit swallows whatever a control raises but InterruptExecution, so each of them fails towards red.
"""
