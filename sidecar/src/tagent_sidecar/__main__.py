"""`tagent-sidecar run`: read the options, run the sidecar, exit with what became of it."""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from random import Random

import uvloop

from tagent_sidecar.json_log import start_logging
from tagent_sidecar.options import UsageError, read_options
from tagent_sidecar.sidecar import Sidecar, StartError


def main() -> int:
    """Run the command line and return its exit code."""
    try:
        options = read_options(sys.argv[1:])
    except UsageError as error:
        sys.stderr.write(f"tagent-sidecar: {error}\n")
        return 2
    log_lines = start_logging(options.log_level, {"service": options.service})
    # The only places where wall time and chance come from.
    sidecar = Sidecar(options, time.time, Random(), log_lines)  # noqa: S311, TID251
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(sidecar.run())
    except StartError as error:
        logging.getLogger("tagent_sidecar").critical("%s", error)
        return 1


if __name__ == "__main__":
    sys.exit(main())
