"""Signals: each that would end the process ends the experiment instead, wherever it is, and its rollbacks are played.

The toolkit's own answer to SIGTERM is an exception that an activity may swallow. Ours is one that none does, raised where it finds the main
thread; but not within a call to the platform or a line of the log, whose locks it would leave taken for those who come after.
"""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType

from chaostagent.current_run import current

STOP_EXIT = 20
"""What the toolkit takes for `end now, and play the rollbacks`."""
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
LOCKING = frozenset({"httpx", "httpcore", "logging"})
TRY_AGAIN_S = 0.02
"""A call to the platform has a time-out of its own, so this ends."""


def listen_to_signals() -> None:
    """Take the signals from now on, where this is the main thread."""
    if threading.current_thread() is threading.main_thread():
        for number in (*ENDING, signal.SIGALRM):
            signal.signal(number, _on_signal)


def stop(reason: str) -> None:
    """End the experiment as soon as can be, from any thread; its rollbacks are played."""
    run = current()
    if not run.is_ending and run.ask_to_stop(reason):
        os.kill(os.getpid(), signal.SIGUSR1)


def _on_signal(number: int, frame: FrameType | None) -> None:
    run = current()
    if run.is_ending or run.is_interrupted:
        return
    run.ask_to_stop(f"interrupted by {signal.Signals(number).name}")
    if holds_locks(frame):
        signal.setitimer(signal.ITIMER_REAL, TRY_AGAIN_S)
        return
    run.is_interrupted = True
    raise SystemExit(STOP_EXIT)


def holds_locks(frame: FrameType | None) -> bool:
    """Tell whether the code there, or who called it, may hold a lock that nobody would release."""
    while frame is not None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] in LOCKING:
            return True
        frame = frame.f_back
    return False
