"""Hears what a service's process does, and lets a test wait for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

HANG_BOUND_S = 30.0


class RecordingListener:
    """Keeps everything it is told, in order."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.lines: list[tuple[str, str]] = []
        self.on_start: Callable[[], None] | None = None

    def incarnation_started(self, incarnation: str, detail: str) -> None:
        self.heard.append(f"started {incarnation}" + (f": {detail}" if detail else ""))
        if self.on_start is not None:
            self.on_start()

    def incarnation_ended(self, incarnation: str) -> None:
        self.heard.append(f"ended {incarnation}")

    def service_down(self, detail: str, *, gave_up: bool) -> None:
        self.heard.append(("gave up: " if gave_up else "down: ") + detail)

    def log_line(self, stream: str, text: str) -> None:
        self.lines.append((stream, text))

    def process_fault_done(self, fault_id: str) -> None:
        self.heard.append(f"done {fault_id}")

    def process_fault_failed(self, fault_id: str, detail: str) -> None:
        self.heard.append(f"failed {fault_id}: {detail}")


async def eventually(is_so: Callable[[], bool], bound_s: float = HANG_BOUND_S) -> None:
    """Wait until it is so. The bound is there to end a hung test, not to measure."""
    async with asyncio.timeout(bound_s):
        while not is_so():
            await asyncio.sleep(0.005)


def state_of(pid: int) -> str:
    """Return the state's letter of a process, empty when it is gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    letter = stat.rpartition(")")[2].split()[0]
    return "" if letter in "ZX" else letter
