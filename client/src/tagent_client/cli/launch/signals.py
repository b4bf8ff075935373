"""SIGINT, SIGTERM and SIGHUP as one event, and a second one as a demand to hurry."""

from __future__ import annotations

import asyncio
import signal

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class EndOfRun:
    """`asked` is set by the first signal, `hurried` by a further Ctrl-C."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.hurried = asyncio.Event()
        self.by: signal.Signals | None = None

    def listen(self) -> None:
        """Take the signals from now on."""
        loop = asyncio.get_running_loop()
        for number in ENDING:
            loop.add_signal_handler(number, self._take, number)

    def _take(self, number: signal.Signals) -> None:
        if not self.asked.is_set():
            self.by = number
            self.asked.set()
        elif number is signal.SIGINT:
            self.hurried.set()

    @property
    def exit_code(self) -> int:
        """Return 130 after Ctrl-C, 0 after being told to end."""
        return 130 if self.by is signal.SIGINT else 0
