"""One process on one file: a lock that the kernel gives back when its holder ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from tagent_platform.ports.store import StoreUnavailableError


class FileLock:
    """Holds `<path>.lock` locked, with the holder's process id in it, from construction to `release`.

    Raises StoreUnavailableError naming the file and the holder when another process, or another store of this one, has it.
    The lock file stays: removing it would let two hold locks on two files of one name.
    """

    def __init__(self, path: Path) -> None:
        lock_path = path.with_name(path.name + ".lock")
        try:
            self._fd = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnavailableError(f"cannot write {lock_path}: {error.strerror}") from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.truncate(self._fd, 0)
            os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)
        except BlockingIOError as error:
            holder = os.pread(self._fd, 20, 0).decode("ascii", "replace").strip()
            os.close(self._fd)
            raise StoreUnavailableError(
                f"{path} is in use by process {holder or 'unknown'}: one platform with one worker may use it at a time"
            ) from error
        except OSError as error:
            os.close(self._fd)
            raise StoreUnavailableError(f"cannot write {lock_path}: {error.strerror}") from error

    def release(self) -> None:
        """Let the next one have it."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
