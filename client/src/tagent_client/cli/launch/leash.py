"""Run as a script: ties itself to its parent's life, then becomes the command. Needs nothing but the standard library.

`python -I -S leash.py PARENT_PID SIGNAL COMMAND...`. On Linux the kernel then sends the process that signal when its parent ends, however that
ends; elsewhere the command is started without. A script of its own, since code between fork and exec in a process with threads may deadlock.
"""

from __future__ import annotations

import os
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Become the command, unless the parent is gone already."""
    parent, number, command = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            sys.exit(1)
    try:
        os.execvp(command[0], command)  # noqa: S606 — the caller's own command, without a shell
    except OSError as error:
        sys.stderr.write(f"{command[0]}: {error.strerror}\n")
        sys.exit(127)


if __name__ == "__main__":
    main()
