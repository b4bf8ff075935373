"""The command to run, made ready: found in the path, and told to die with its parent where the system can do that."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

IF_STILL_ITS_CHILD = '[ "$PPID" = "$0" ] && exec "$@"'


class CommandError(Exception):
    """A command that cannot be started; `str` is one sentence for people."""


def find_command(argv: Sequence[str], environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return `argv` with its program's path. Raises CommandError when there is none, or it cannot be executed."""
    if not argv or not argv[0]:
        raise CommandError("The command is empty.")
    name = argv[0]
    if any("\0" in word for word in argv):
        raise CommandError("The command holds a NUL character.")
    found = shutil.which(name, path=environment.get("PATH", "/usr/local/bin:/usr/bin:/bin"))
    if found is not None:
        return (found, *argv[1:])
    if "/" not in name:
        raise CommandError(f"The command {name!r} was not found in PATH.")
    if not Path(name).exists():
        raise CommandError(f"The command {name!r} does not exist.")
    if Path(name).is_dir():
        raise CommandError(f"The command {name!r} is a folder.")
    raise CommandError(f"The command {name!r} is not executable.")


def death_wish(parent: int) -> tuple[str, ...]:
    """Return the words before a command that make it die with its parent; none where `setpriv` cannot do that.

    Asking for the parent-death signal between fork and exec would need a fork of this whole process, which takes ten
    times as long and stops the proxy meanwhile. A parent that died before the asking sends no signal any more, so the
    shell looks whether it still is the parent.
    """
    words = _parent_death_signal()
    return (*words, "/bin/sh", "-c", IF_STILL_ITS_CHILD, str(parent)) if words else ()


@cache
def _parent_death_signal() -> tuple[str, ...]:
    found = shutil.which("setpriv", path="/usr/bin:/bin:/usr/sbin:/sbin")
    if found is None:
        return ()
    words = (found, "--pdeathsig", "KILL", "--")
    try:
        tried = subprocess.run(  # noqa: S603 - a fixed command
            [*words, found, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    return words if tried.returncode == 0 else ()
