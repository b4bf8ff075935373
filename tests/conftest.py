"""What holds for every test."""

from __future__ import annotations

import os
import signal

from hypothesis import HealthCheck, settings

# Time is never an assertion here, so neither is an example's. CI repeats the same examples, so that a red run is of its change's making;
# everywhere else new ones are drawn each time.
settings.register_profile(
    "here", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.register_profile("ci", settings.get_profile("here"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "here")

# A shell that runs something in the background has it ignore Ctrl-C, and so would each command that a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
