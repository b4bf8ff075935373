"""Turns a stream of bytes into lines of bounded length. Pure."""

from __future__ import annotations

LINE_BYTES_MAX = 4096
CUT_MARK = " [cut]"


class LineSplitter:
    """Holds at most one line's worth of bytes, whatever comes."""

    def __init__(self, line_bytes_max: int = LINE_BYTES_MAX) -> None:
        self._max = line_bytes_max
        self._begun = b""
        self._is_cut = False

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that `data` completes, without their ends; what was over the limit is replaced by a mark."""
        *ended, rest = data.split(b"\n")
        lines = [self._finish(part) for part in ended]
        self._begin(rest)
        return lines

    def flush(self) -> list[str]:
        """Return the last line, if the stream ended without an end of line."""
        return [self._finish(b"")] if self._begun else []

    def _finish(self, part: bytes) -> str:
        self._begin(part)
        text = self._begun.removesuffix(b"\r").decode("utf-8", "replace")
        if self._is_cut:
            text += CUT_MARK
        self._begun, self._is_cut = b"", False
        return text

    def _begin(self, part: bytes) -> None:
        room = self._max - len(self._begun)
        self._begun += part[:room]
        self._is_cut = self._is_cut or len(part) > room
