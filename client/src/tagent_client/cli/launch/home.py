"""The home on disk: one `tagent up` at a time, and where the others find it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from tagent_client.settings import UpFile, read_up_file


class HomeTakenError(Exception):
    """Another `tagent up` runs in this home."""


class Home:
    """Holds the home's lock as long as it is open; the kernel lets go of it however the process ends."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    @property
    def logs(self) -> Path:
        """Return the folder of the logs."""
        return self.path / "logs"

    def __enter__(self) -> Self:
        """Make the folders and take the lock. Raises HomeTakenError, OSError."""
        self.path.mkdir(parents=True, exist_ok=True)
        self.logs.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(self.path / "up.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            up = read_up_file(self.path)
            where = f" at {up.url} (process {up.pid})" if up else ""
            raise HomeTakenError(f"Tagent is already up in {self.path}{where}") from None
        self._lock = lock
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        (self.path / "up.json").unlink(missing_ok=True)
        if self._lock is not None:
            os.close(self._lock)

    def tell_others(self, up: UpFile) -> None:
        """Write where the platform is, for the commands of other terminals; whole or not at all."""
        path = self.path / "up.json"
        draft = path.with_suffix(".new")
        draft.write_bytes(msgspec.json.encode(up))
        draft.replace(path)


def write_secret(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
    draft.replace(path)
