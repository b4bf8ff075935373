"""A leash: when this process is gone, however it went, the kernel kills the process group at the other end.

Theory. Every process of the group inherits the reading end of a pipe whose only writing end is ours. The kernel is asked
to send SIGKILL to the group when something happens to that pipe. We never write, so what happens is our end. It costs no
process and no time, reaches descendants that a parent-death signal does not, and names the group by reference, so that a
reused number is never hit. A process that closes descriptors it does not know keeps its leash as long as one relative
does not.
"""

from __future__ import annotations

import fcntl
import os
import signal
import sys
from contextlib import suppress


class Leash:
    """One leash for one process group: `given` is to be inherited, then `tie` once the group exists."""

    def __init__(self) -> None:
        self.given, self._held = os.pipe()

    def tie(self, group: int) -> None:
        """Ask the kernel to kill `group` with us, and keep only our end. Where that is impossible, do without."""
        try:
            if sys.platform == "linux":
                with suppress(OSError):
                    fcntl.fcntl(self.given, fcntl.F_SETSIG, signal.SIGKILL)
                    fcntl.fcntl(self.given, fcntl.F_SETOWN, -group)
                    flags = fcntl.fcntl(self.given, fcntl.F_GETFL)
                    fcntl.fcntl(self.given, fcntl.F_SETFL, flags | os.O_ASYNC)
        finally:
            os.close(self.given)

    def release(self) -> None:
        """Let go of our end, which kills what is left of the group. Once."""
        os.close(self._held)

    def discard(self) -> None:
        """Close both ends of a leash that was never tied. Once."""
        os.close(self.given)
        os.close(self._held)
