"""Message bodies: where one ends, however its bytes are split. Sans-IO and pure."""

from __future__ import annotations

import re
from typing import Protocol, TypeAlias

from tagent_sidecar.proxy.heads import CHUNKED, UNTIL_CLOSE

Ranges: TypeAlias = list[tuple[int, int]]
"""Parts of one piece of bytes that are payload and not framing."""

LINE_BYTES_MAX = 4096
TRAILER_BYTES_MAX = 16 * 1024

_STRICT_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})(?:;[^\x00-\x08\x0a-\x1f\x7f]*)?")
_LENIENT_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\x00\r\n]*)?")
_TRAILER = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+:[^\x00-\x08\x0a-\x1f\x7f]*")


class BodyError(Exception):
    """Chunks that are none."""


class Body(Protocol):
    """Finds the end of one body."""

    done: bool

    def take(self, data: bytes, start: int, ranges: Ranges | None = None) -> int:
        """Return the offset behind what of `data[start:]` belongs to the body; append its payload to `ranges`.

        Raises BodyError.
        """


class LengthBody:
    """A body of a known length."""

    __slots__ = ("_left", "done")

    def __init__(self, length: int) -> None:
        self._left = length
        self.done = length == 0

    def take(self, data: bytes, start: int, ranges: Ranges | None = None) -> int:
        """Take what is left of the length."""
        end = min(start + self._left, len(data))
        self._left -= end - start
        self.done = self._left == 0
        if ranges is not None and end > start:
            ranges.append((start, end))
        return end


class EndlessBody:
    """A body that only the close of the connection ends."""

    __slots__ = ("done",)

    def __init__(self) -> None:
        self.done = False

    def take(self, data: bytes, start: int, ranges: Ranges | None = None) -> int:
        """Take everything."""
        if ranges is not None and len(data) > start:
            ranges.append((start, len(data)))
        return len(data)


class ChunkedBody:
    """Chunks, their extensions, and the trailers.

    States: a line (a chunk's size, or a trailer) is being read, or `_left` bytes of a chunk with its CR LF are.
    """

    __slots__ = ("_in_trailers", "_left", "_line", "_size", "_trailer_bytes", "done")

    def __init__(self, *, strict: bool) -> None:
        """Read requests strictly; some services pad their chunks' sizes with blanks."""
        self.done = False
        self._size = _STRICT_SIZE if strict else _LENIENT_SIZE
        self._left = 0
        """Bytes of the current chunk that are to come, its CR LF included."""
        self._line = b""
        self._in_trailers = False
        self._trailer_bytes = 0

    def take(self, data: bytes, start: int, ranges: Ranges | None = None) -> int:
        """Go from chunk to chunk, up to the empty line behind the trailers."""
        at = start
        while at < len(data) and not self.done:
            at = self._take_chunk(data, at, ranges) if self._left else self._take_line(data, at)
        return at

    def _take_chunk(self, data: bytes, at: int, ranges: Ranges | None) -> int:
        payload = self._left - 2
        if payload > 0:
            end = min(at + payload, len(data))
            if ranges is not None:
                ranges.append((at, end))
            self._left -= end - at
            return end
        if data[at] != (0x0D if self._left == 2 else 0x0A):
            raise BodyError("a chunk is not followed by CR LF")
        self._left -= 1
        return at + 1

    def _take_line(self, data: bytes, at: int) -> int:
        end = data.find(b"\n", at)
        stop = len(data) if end < 0 else end + 1
        line = self._line + data[at:stop]
        if len(line) > LINE_BYTES_MAX:
            raise BodyError("a chunk's size line or a trailer is too long")
        if end < 0:
            self._line = line
            return stop
        self._line = b""
        if not line.endswith(b"\r\n"):
            raise BodyError("a line does not end in CR LF")
        self._end_line(line[:-2])
        return stop

    def _end_line(self, line: bytes) -> None:
        if self._in_trailers:
            self._end_trailer(line)
            return
        size = self._size.fullmatch(line)
        if size is None:
            raise BodyError("a chunk's size is not one")
        length = int(size[1], 16)
        if length:
            self._left = length + 2
        else:
            self._in_trailers = True

    def _end_trailer(self, line: bytes) -> None:
        if not line:
            self.done = True
            return
        self._trailer_bytes += len(line)
        if self._trailer_bytes > TRAILER_BYTES_MAX or _TRAILER.fullmatch(line) is None:
            raise BodyError("a trailer is not `name: value`, or there are too many")


def body_reader(kind: int, *, strict: bool) -> Body:
    """Return the reader of a body of this kind (a length, CHUNKED or UNTIL_CLOSE)."""
    if kind == CHUNKED:
        return ChunkedBody(strict=strict)
    if kind == UNTIL_CLOSE:
        return EndlessBody()
    return LengthBody(kind)
