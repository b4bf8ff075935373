"""What a caller sent and nobody has read yet, and when each part of it came. Pure."""

from __future__ import annotations

from collections import deque

from tagent_sidecar.proxy.body import Body
from tagent_sidecar.proxy.heads import HeadLimits, RequestHead, read_request_head

MARK_EVERY_S = 0.005
"""Pieces that come closer together than this count as one arrival, so that the marks stay few."""


COMPACT_BYTES = 64 * 1024
"""Taken bytes are given back to memory when there are so many: cutting them off one request at a time costs a copy each."""


class Inbox:
    """A queue of bytes. A pipelined request's delay counts from its own arrival, hence the times."""

    __slots__ = ("_arrivals", "_at", "_data", "_dropped", "_scanned")

    def __init__(self) -> None:
        self._data = b""
        self._at = 0
        """Offset in `_data` of the first byte that was not taken."""
        self._dropped = 0
        """How many bytes were there before `_data`."""
        self._scanned = 0
        """How many bytes from `_at` on hold no end of a head."""
        self._arrivals: deque[tuple[int, float]] = deque()
        """(offset behind a piece, counted from the very first byte; when it came), oldest first."""

    def __len__(self) -> int:
        return len(self._data) - self._at

    def add(self, data: bytes, now: float) -> None:
        """Put bytes behind the others."""
        self._data = self._data + data if self._data else data
        end = self._dropped + len(self._data)
        if self._arrivals and now - self._arrivals[-1][1] < MARK_EVERY_S:
            self._arrivals[-1] = (end, self._arrivals[-1][1])
        else:
            self._arrivals.append((end, now))

    def read_head(self, limits: HeadLimits) -> RequestHead | None:
        """Read the head at the front without taking it; None when it is not all there. Raises RefusedError."""
        end = self._data.find(b"\r\n\r\n", self._at + max(0, self._scanned - 3))
        front = self._data[self._at : end + 4] if end >= 0 else self._data[self._at :]
        head = read_request_head(front, limits, self._scanned)
        self._scanned = len(front) if head is None else 0
        return head

    def measure(self, body: Body, start: int) -> int:
        """Let `body` read what is here from `start` on; return the offset behind what belongs to it. Raises BodyError."""
        return body.take(self._data, self._at + start) - self._at

    def arrived_at(self, length: int) -> float:
        """Return when the last of the first `length` bytes came."""
        end = self._dropped + self._at + length
        for behind, at in self._arrivals:
            if end <= behind:
                return at
        raise ValueError(f"only {len(self)} bytes are here")

    def take(self, length: int) -> bytes:
        """Remove and return the first `length` bytes."""
        taken = self._data[self._at : self._at + length]
        self._at += len(taken)
        self._scanned = 0
        if self._at >= min(len(self._data), COMPACT_BYTES):
            self._dropped += self._at
            self._data = self._data[self._at :]
            self._at = 0
        while self._arrivals and self._arrivals[0][0] <= self._dropped + self._at:
            self._arrivals.popleft()
        return taken

    def take_all(self) -> bytes:
        """Remove and return everything."""
        return self.take(len(self))
