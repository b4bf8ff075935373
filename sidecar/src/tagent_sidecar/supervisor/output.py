"""Passes the service's output on to ours without ever waiting for who reads it."""

from __future__ import annotations

import asyncio
import os
import select
from collections import deque

PIECE_BYTES = select.PIPE_BUF
"""What fits into a pipe that is ready, so that the write cannot block. Setting the pipe non-blocking would do it to all who share it."""
KEPT_BYTES_MAX = 256 * 1024
RETRY_S = 0.05


class Output:
    """Our standard output. What its reader is too slow for waits in a bounded buffer, and past that is dropped."""

    def __init__(self, descriptor: int = 1, kept_bytes_max: int = KEPT_BYTES_MAX) -> None:
        self._descriptor = descriptor
        self._max = kept_bytes_max
        self._kept: deque[bytes] = deque()
        self._kept_bytes = 0
        self._retry: asyncio.TimerHandle | None = None
        self._is_broken = False
        self._ready = select.poll()
        self._ready.register(descriptor, select.POLLOUT)
        self.bytes_dropped = 0

    def write(self, data: bytes) -> None:
        """Pass `data` on, now or as soon as there is room."""
        if self._is_broken or self._kept_bytes + len(data) > self._max:
            self.bytes_dropped += len(data)
            return
        self._kept.append(data)
        self._kept_bytes += len(data)
        if self._retry is None:
            self._pass_on()

    def close(self) -> None:
        """Pass on what there is room for and forget the rest. Idempotent."""
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
        self._write_while_ready()
        self._kept.clear()
        self._kept_bytes = 0

    def _pass_on(self) -> None:
        self._retry = None
        self._write_while_ready()
        if self._kept and not self._is_broken:
            self._retry = asyncio.get_running_loop().call_later(RETRY_S, self._pass_on)

    def _write_while_ready(self) -> None:
        while self._kept and not self._is_broken:
            data = self._kept[0]
            if not self._ready.poll(0):
                return
            try:
                written = os.write(self._descriptor, data[:PIECE_BYTES])
            except BlockingIOError:
                return
            except OSError:
                # Nobody will ever read it; the service's lines still go to the platform.
                self._is_broken = True
                self.bytes_dropped += self._kept_bytes
                self._kept.clear()
                self._kept_bytes = 0
                return
            self._kept_bytes -= written
            if written == len(data):
                self._kept.popleft()
            else:
                self._kept[0] = data[written:]
