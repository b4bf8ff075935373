"""Sees a child's exit at once: through a pidfd, or where there is none through a thread that waits."""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress


def open_pidfd(pid: int) -> int | None:
    """Return a descriptor that pins the process, or None when the system has no such thing or the process is gone."""
    if sys.platform == "linux":
        with suppress(OSError):
            return os.pidfd_open(pid)
    return None


class ExitWatch:
    """Calls `on_exit` once on the event loop when the child is dead; it is not reaped yet then."""

    def __init__(self, pid: int, pidfd: int | None, on_exit: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._pid = pid
        self._pidfd = pidfd
        self._on_exit: Callable[[], None] | None = on_exit
        if pidfd is not None:
            self._loop.add_reader(pidfd, self._gone)
        else:
            threading.Thread(target=self._wait, name=f"exit of {pid}", daemon=True).start()

    def cancel(self) -> None:
        """Call nobody any more. Idempotent."""
        self._on_exit = None
        if self._pidfd is not None:
            self._loop.remove_reader(self._pidfd)
            self._pidfd = None

    def _wait(self) -> None:
        with suppress(ChildProcessError):
            os.waitid(os.P_PID, self._pid, os.WEXITED | os.WNOWAIT)
        with suppress(RuntimeError):  # The loop is closed: nobody waits any more.
            self._loop.call_soon_threadsafe(self._gone)

    def _gone(self) -> None:
        on_exit = self._on_exit
        self.cancel()
        if on_exit is not None:
            on_exit()
