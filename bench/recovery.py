"""From failure to serving again: SIGKILL and SIGSTOP, ours against supervisord and monit.

Measured at the address that callers use, from the signal to the first answer. The service is the same for all and starts
in no time.
"""

from __future__ import annotations

import os
import signal
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from bench.rows import Row
from bench.supervisors import (
    Supervised,
    is_serving,
    monit,
    our_platform_and_sidecar,
    our_sidecar,
    supervisord,
    wait_until,
)

GIVE_UP_S = 30.0

Setup = Callable[[Path], AbstractContextManager[Supervised]]


def rows() -> list[Row]:
    """Measure both rows."""
    killed, spread = _recovery_s(our_sidecar, signal.SIGKILL, times=30, pause_s=0.3)
    stopped, stopped_spread = _recovery_s(
        our_platform_and_sidecar, signal.SIGSTOP, times=10, pause_s=1.0
    )
    return [
        Row(
            what="SIGKILL → serving, a service that starts in no time",
            unit="ms",
            ours=killed * 1000,
            must=50,
            goal=20,
            peers={
                "supervisord": _median(supervisord, signal.SIGKILL, times=4, pause_s=1.5) * 1000,
                "monit (1 s cycle)": _median(monit, signal.SIGKILL, times=6, pause_s=2.3) * 1000,
            },
            note=f"median of 30, {spread}",
        ),
        Row(
            what="SIGSTOP → serving, check 0.1 s / 0.25 s x 2, no back-off",
            unit="s",
            ours=stopped,
            must=1.0,
            goal=0.7,
            peers={"monit (1 s cycle)": _median(monit, signal.SIGSTOP, times=5, pause_s=2.3)},
            note=f"median of 10, {stopped_spread}; through the platform; supervisord never notices",
        ),
    ]


def _median(setup: Setup, number: signal.Signals, *, times: int, pause_s: float) -> float:
    return _recovery_s(setup, number, times=times, pause_s=pause_s)[0]


def _recovery_s(
    setup: Setup, number: signal.Signals, *, times: int, pause_s: float
) -> tuple[float, str]:
    """Return the median in seconds, and the spread in words."""
    with tempfile.TemporaryDirectory(prefix="tagent-bench-") as folder, setup(Path(folder)) as made:
        took = []
        for round_ in range(times):
            wait_until("the last recovery to be verified", made.has_recovered)
            # The pauses differ, so that a cycle of ours or theirs is met at all of its points.
            time.sleep(pause_s + 0.37 * pause_s * (round_ % 3))
            took.append(_one(made, number))
    return statistics.median(took), f"{_in_words(min(took))} to {_in_words(max(took))}"


def _one(made: Supervised, number: signal.Signals) -> float:
    pid = made.find_pid()
    begun = time.perf_counter()
    os.kill(pid, number)
    if number is signal.SIGSTOP:
        time.sleep(0.001)  # A stopped process still answers what it is in the middle of.
    while not is_serving(made.port):
        if time.perf_counter() - begun > GIVE_UP_S:
            raise RuntimeError(f"not serving {GIVE_UP_S:g} s after {number.name}")
        time.sleep(0.001)
    return time.perf_counter() - begun


def _in_words(seconds: float) -> str:
    return f"{seconds * 1000:.0f} ms" if seconds < 0.3 else f"{seconds:.2f} s"


if __name__ == "__main__":
    from bench.rows import as_markdown

    print(as_markdown(rows()))
