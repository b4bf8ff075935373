"""A log file that does not grow without end: when it is full it becomes `.1`, and a new one begins."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

BYTES_MAX = 5 * 2**20


class BoundedLog:
    """Takes bytes as they come. A disk that takes no more loses lines, never the process they came from."""

    def __init__(self, path: Path, bytes_max: int = BYTES_MAX) -> None:
        self.path = path
        self._bytes_max = bytes_max
        self._file: BinaryIO | None = None
        self._size = 0

    def write(self, data: bytes) -> None:
        """Append; the file and its predecessor together stay below twice the limit and one write."""
        try:
            if self._file is None or self._size >= self._bytes_max:
                self._begin()
            if self._file is not None:
                self._file.write(data)
                self._size += len(data)
        except OSError:
            self.close()

    def _begin(self) -> None:
        if self._file is not None:
            self._file.close()
            self.path.replace(self.path.with_name(f"{self.path.name}.1"))
        self._file = self.path.open("ab", buffering=0)
        self._size = self._file.tell()

    def tail(self, lines: int) -> list[str]:
        """Return its last lines."""
        try:
            with self.path.open("rb") as file:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - 16_384))
                text = file.read().decode("utf-8", "replace")
        except OSError:
            return []
        return text.splitlines()[-lines:]

    def close(self) -> None:
        """Close the file; a later write opens it again."""
        if self._file is not None:
            self._file.close()
            self._file = None
