"""Reads what the service writes, line by line, without ever blocking or letting the service wait for long."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress

from tagent_sidecar.supervisor.line_splitter import LineSplitter
from tagent_sidecar.supervisor.output import Output

READ_BYTES = 64 * 1024
LINES_PER_S_MAX = 1000
"""Lines beyond this rate are passed on to our output, but not kept: a service that floods must not cost us its core."""
LAST_READS = 64
"""After the service's end: so much of what it left in the pipe is read (a pipe holds at most 1 MiB)."""


class LineGate:
    """Lets so many lines through in each second, and counts the rest. Pure."""

    def __init__(self, per_s: int = LINES_PER_S_MAX) -> None:
        self._per_s = per_s
        self._second = 0
        self._passed = 0
        self.dropped = 0

    def pass_some(self, lines: list[str], now: float) -> list[str]:
        """Return those of `lines` for which there is room, the first ones."""
        if int(now) != self._second:
            self._second, self._passed = int(now), 0
        room = self._per_s - self._passed
        kept = lines[:room]
        self._passed += len(kept)
        self.dropped += len(lines) - len(kept)
        return kept


class LogPipe:
    """One stream of one incarnation. The service gets `writing_end`, which is to be closed here once it has it."""

    def __init__(
        self, stream: str, output: Output, gate: LineGate, on_line: Callable[[str, str], None]
    ) -> None:
        self._stream = stream
        self._output = output
        self._gate = gate
        self._on_line = on_line
        self._lines = LineSplitter()
        self._loop = asyncio.get_running_loop()
        reading_end, self.writing_end = os.pipe()
        self._reading_end: int | None = reading_end
        os.set_blocking(reading_end, False)
        self._loop.add_reader(reading_end, self._read)

    def close_writing_end(self) -> None:
        """Leave the writing end to the service. Once."""
        os.close(self.writing_end)

    def finish(self) -> None:
        """Read what is left after the service's end, and close. Idempotent."""
        for _ in range(LAST_READS):
            if self._reading_end is None or not self._read():
                break
        self._close()

    def _read(self) -> bool:
        if self._reading_end is None:
            return False
        try:
            data = os.read(self._reading_end, READ_BYTES)
        except BlockingIOError:
            return False
        except OSError:
            data = b""
        if not data:
            self._close()
            return False
        self._output.write(data)
        self._tell(self._lines.feed(data))
        return True

    def _tell(self, lines: list[str]) -> None:
        for line in self._gate.pass_some(lines, self._loop.time()):
            self._on_line(self._stream, line)

    def _close(self) -> None:
        if self._reading_end is None:
            return
        self._tell(self._lines.flush())
        with suppress(OSError):
            self._loop.remove_reader(self._reading_end)
        os.close(self._reading_end)
        self._reading_end = None
