"""What faults do to a response on its way to the caller: corrupt, slow down, cut, reset, close late."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Protocol

from tagent_sidecar.faults.corrupt import Corruption
from tagent_sidecar.faults.effects import CutAfter, ResetAfter
from tagent_sidecar.proxy.body import Ranges
from tagent_sidecar.proxy.struck import StruckRequest

SLICE_S = 0.02
"""A slowed response goes out in pieces of this much time."""
QUEUE_BYTES_MAX = 64 * 1024
"""Beyond this the service is not read from until the caller got some."""


class Output(Protocol):
    """What a shaper needs of the caller's connection."""

    def send(self, data: bytes) -> None:
        """Write to the caller."""

    def cut_struck(self) -> None:
        """End the response here: what was sent is flushed, then the connection closes."""

    def reset_struck(self) -> None:
        """Send a TCP reset behind what was sent."""

    def hold_service(self) -> None:
        """Stop reading from the service."""

    def let_service(self) -> None:
        """Read from the service again."""


class ResponseShaper:
    """Stands between one response and its caller. Bytes leave in order: corrupted, then slowed, then cut."""

    __slots__ = (
        "_close_timer",
        "_closers",
        "_corruption",
        "_cut",
        "_due_at",
        "_loop",
        "_output",
        "_queue",
        "_queued",
        "_rate",
        "_reset",
        "_sent",
        "_stopped",
        "_struck",
        "_then",
        "_timer",
    )

    def __init__(
        self, struck: StruckRequest, output: Output, loop: asyncio.AbstractEventLoop
    ) -> None:
        decision = struck.decision
        self._struck = struck
        self._output = output
        self._loop = loop
        corrupt, throttle = decision.corrupt, decision.throttle
        self._corruption = Corruption(corrupt.ratio, corrupt.seed) if corrupt else None
        self._rate = throttle.bytes_per_second if throttle else 0.0
        self._cut: CutAfter | None = decision.cut
        self._reset: ResetAfter | None = decision.reset
        self._sent = 0
        self._stopped = False
        self._queue: deque[memoryview] = deque()
        self._queued = 0
        self._due_at = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._then: Callable[[], None] | None = None
        self._close_timer: asyncio.TimerHandle | None = None
        self._closers: list[Callable[[], None]] = []
        struck.on_release = self.refresh
        self.refresh()

    def feed(self, data: bytes, payload: Ranges) -> None:
        """Take a piece of the response; `payload` says where in it the body's own bytes are."""
        if self._corruption is not None and payload:
            data = self._corrupt(data, payload)
        if not self._rate and not self._queue:
            self._emit(data)
            return
        self._queue.append(memoryview(data))
        self._queued += len(data)
        if self._queued > QUEUE_BYTES_MAX:
            self._output.hold_service()
        if self._timer is None:
            self._due_at = monotonic()
            self._schedule()

    def finish(self, then: Callable[[], None]) -> None:
        """Call `then` when all of the response has left."""
        if self._queue:
            self._then = then
        elif not self._stopped:
            then()

    def close(self, then: Callable[[], None]) -> None:
        """Call `then`, which closes the connection, when `slow_close` allows it."""
        delay = self._struck.decision.delay_close
        if delay is None or not self._struck.is_live(delay.fault_id):
            then()
        elif self._close_timer is not None:
            self._closers.append(then)
        elif self._closers:
            then()  # it was delayed before
        else:
            self._struck.happened(delay.fault_id)
            self._closers.append(then)
            self._close_timer = self._loop.call_later(delay.seconds, self._close_now)

    def refresh(self) -> None:
        """Look again which faults are still on: what the others held goes out at once."""
        decision, is_live = self._struck.decision, self._struck.is_live
        if decision.corrupt is not None and not is_live(decision.corrupt.fault_id):
            self._corruption = None
        if self._cut is not None and not is_live(self._cut.fault_id):
            self._cut = None
        if self._reset is not None and not is_live(self._reset.fault_id):
            self._reset = None
        if decision.throttle is not None and not is_live(decision.throttle.fault_id):
            self._rate = 0.0
            self._flush()
        delay = decision.delay_close
        if self._close_timer is not None and delay is not None and not is_live(delay.fault_id):
            self._close_timer.cancel()
            self._close_now()

    def cancel(self) -> None:
        """Stop all timers; the connection is gone."""
        self._stopped = True
        self._queue.clear()
        if self._timer is not None:
            self._timer.cancel()
        if self._close_timer is not None:
            self._close_timer.cancel()

    def _close_now(self) -> None:
        self._close_timer = None
        for then in tuple(self._closers):
            then()

    def _corrupt(self, data: bytes, payload: Ranges) -> bytes:
        corrupt, corruption = self._struck.decision.corrupt, self._corruption
        if corrupt is None or corruption is None:
            return data
        changed = bytearray(data)
        if sum(corruption.flip(changed, start, end) for start, end in payload):
            self._struck.happened(corrupt.fault_id)
        return bytes(changed)

    def _schedule(self) -> None:
        throttle = self._struck.decision.throttle
        if throttle is not None:
            self._struck.happened(throttle.fault_id)
        piece = min(self._queued, max(1, int(self._rate * SLICE_S)))
        self._due_at += piece / self._rate
        self._timer = self._loop.call_later(
            max(0.0, self._due_at - monotonic()), self._send_piece, piece
        )

    def _send_piece(self, length: int) -> None:
        self._timer = None
        self._emit(self._take(length))
        if self._stopped:
            return
        if self._queue:
            self._schedule()
        self._after_sending()

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._queue:
            self._emit(self._take(self._queued))
            self._after_sending()

    def _after_sending(self) -> None:
        if self._stopped:
            return
        if self._queued <= QUEUE_BYTES_MAX // 2:
            self._output.let_service()
        if not self._queue and self._then is not None:
            then, self._then = self._then, None
            then()

    def _take(self, length: int) -> bytes:
        pieces = []
        self._queued -= length
        while length:
            piece = self._queue.popleft()
            if len(piece) > length:
                self._queue.appendleft(piece[length:])
                piece = piece[:length]
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)

    def _emit(self, data: bytes) -> None:
        if self._stopped:
            return
        reset, cut = self._reset, self._cut
        end = self._sent + len(data)
        if (
            reset
            and end >= reset.response_bytes
            and not (cut and cut.response_bytes < reset.response_bytes)
        ):
            self._stop(data[: reset.response_bytes - self._sent], reset.fault_id)
            self._output.reset_struck()
        elif cut and end > cut.response_bytes:
            self._stop(data[: cut.response_bytes - self._sent], cut.fault_id)
            self._output.cut_struck()
        else:
            self._sent = end
            self._output.send(data)

    def _stop(self, last: bytes, fault_id: str) -> None:
        if last:
            self._output.send(last)
        self._stopped = True
        self._queue.clear()
        self._struck.happened(fault_id)
