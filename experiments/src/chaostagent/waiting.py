"""Waiting for what the platform is to say, without outliving the run or tripping over a platform that is away."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from chaoslib.exceptions import ActivityFailed

from chaostagent.current_run import current
from tagent_client.errors import UnreachableError

LOOK_EVERY_S = 0.25
STOP_SEEN_WITHIN_S = 0.1

T = TypeVar("T")


def wait_for(look: Callable[[], T | None], within_s: float) -> T | None:
    """Return the first thing seen that is not None, or None when the time is over.

    A platform that cannot be reached has said nothing yet: it may be what is broken. Raises its UnreachableError when that was the last word, and
    ActivityFailed when the run is to stop.
    """
    until = time.monotonic() + within_s
    while True:
        silent: UnreachableError | None = None
        try:
            found = look()
        except UnreachableError as error:
            found, silent = None, error
        if found is not None:
            return found
        left_s = until - time.monotonic()
        if left_s <= 0:
            if silent is not None:
                raise silent
            return None
        pause(min(LOOK_EVERY_S, left_s))


def pause(seconds: float) -> None:
    """Let time pass. Raises ActivityFailed as soon as the run is to stop, unless it is playing its rollbacks."""
    run = current()
    until = time.monotonic() + seconds
    while (left_s := until - time.monotonic()) > 0:
        time.sleep(min(STOP_SEEN_WITHIN_S, left_s))
        if run.stop_reason and not run.is_ending:
            raise ActivityFailed(f"given up: {run.stop_reason}")
