"""Real processes for end-to-end tests: started with their own log, ended by their own pid, whatever the test does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from tests.fakes.processes import free_ports

T = TypeVar("T")

BIN = Path(sys.executable).parent
HANG_S = 60.0
"""Past this something hangs; no test measures time with it."""
LOOKS_EVERY_S = (0.02, 0.25)
"""The longer something takes, the less often it is looked at: the looks of all tests were a third of what the suite cost."""
HELD_LOOKS_EVERY_S = 0.1
"""What has to hold meanwhile is looked at as often all the time."""


def free_port() -> int:
    """Return a port that is free now."""
    return free_ports(1)[0]


def eventually(what: str, look: Callable[[], T | None], within_s: float = HANG_S) -> T:
    """Return the first answer of `look` that is true; fail, saying what was waited for and what was seen last."""
    began = time.monotonic()
    while True:
        seen = look()
        if seen:
            return seen
        waited_s = time.monotonic() - began
        if waited_s > within_s:
            raise AssertionError(f"waited {within_s:g} s for {what}; last seen: {seen!r}")
        soonest_s, latest_s = LOOKS_EVERY_S
        time.sleep(min(max(waited_s / 10, soonest_s), latest_s))


def holds(what: str, look: Callable[[], object], for_s: float) -> None:
    """Fail if `look` is ever false within that time."""
    ends = time.monotonic() + for_s
    while time.monotonic() < ends:
        seen = look()
        assert seen, f"{what} did not hold: {seen!r}"
        time.sleep(HELD_LOOKS_EVERY_S)


@dataclass
class Process:
    """A started process and where it writes."""

    name: str
    popen: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.popen.pid

    @property
    def running(self) -> bool:
        return self.popen.poll() is None

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.popen.kill()
        self.popen.wait(HANG_S)

    def terminate(self, within_s: float = HANG_S) -> int:
        """SIGTERM, and return its exit code; SIGKILL when it does not end."""
        self.popen.send_signal(signal.SIGTERM)
        try:
            return self.popen.wait(within_s)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def said(self) -> str:
        """Return what it has written so far."""
        return self.log.read_text(errors="replace")


@dataclass
class Processes:
    """All that a test started."""

    folder: Path
    started: list[Process] = field(default_factory=list)

    def start(
        self, name: str, command: Sequence[str | Path], env: Mapping[str, str] | None = None
    ) -> Process:
        """Start a process with only the given `TAGENT_*` variables; both outputs go to one log."""
        log = self.folder / f"{name}-{len(self.started)}.log"
        inherited = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("TAGENT_", "PYTHONDONTWRITEBYTECODE"))
        }
        with log.open("wb") as output:
            popen = subprocess.Popen(
                [str(part) for part in command],
                env={**inherited, **(env or {})},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        process = Process(name, popen, log)
        self.started.append(process)
        return process

    def last_words(self) -> str:
        """Return the end of what each said, for the report of a failure."""
        return "\n".join(
            f"--- {each.name} (exit {each.popen.poll()}) ---\n{each.said()[-3000:]}"
            for each in self.started
        )

    def end(self) -> None:
        """End what still runs, the latest first."""
        running = [process for process in reversed(self.started) if process.running]
        for process in running:
            process.popen.send_signal(signal.SIGCONT)
            process.popen.terminate()
        for process in running:
            try:
                process.popen.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


_open: list[Processes] = []
"""Those of the tests that run now."""


@contextmanager
def processes(folder: Path) -> Iterator[Processes]:
    """Give a test its processes; when they cannot be started, show what they said."""
    all_of_them = Processes(folder)
    _open.append(all_of_them)
    try:
        yield all_of_them
    except BaseException:
        print(all_of_them.last_words())
        raise
    finally:
        _open.remove(all_of_them)
        all_of_them.end()


def last_words() -> str:
    """Return the last words of what the running test started."""
    return "\n".join(each.last_words() for each in _open)
