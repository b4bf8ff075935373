"""The service as a neighbour: something else runs it, and a pid file, if there is one, says which process it is."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from tagent_contract.plan import RestartOrder
from tagent_contract.policy import Mode, RestartPolicy
from tagent_contract.reports import AttemptProgress, ExitSeen, RestartCause
from tagent_sidecar.supervisor.exit_log import ExitLog
from tagent_sidecar.supervisor.exit_watch import open_pidfd
from tagent_sidecar.supervisor.proc import read_stat
from tagent_sidecar.supervisor.restart_orders import RestartOrders
from tagent_sidecar.supervisor.service import ProcessTarget, ServiceListener

PID_DIGITS_MAX = 20


class WatchedService:
    """Keeps the promises of `Service` for a process that is not ours; it restarts nothing.

    A new incarnation is another process in the pid file: another number, or the same number started at another time.
    """

    supervised: Literal[False] = False

    def __init__(
        self,
        listener: ServiceListener,
        *,
        pid_file: Path | None = None,
        interval_s: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._listener = listener
        self._pid_file = pid_file
        self._interval_s = interval_s
        self._clock = clock
        self._orders = RestartOrders()
        self._exit_log = ExitLog()
        self._number = 0
        self._seen: tuple[int, int] | None = None
        self._pidfd: int | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def incarnation(self) -> str:
        """Return the number of the present or latest process seen."""
        return str(max(self._number, 1))

    @property
    def target(self) -> ProcessTarget | None:
        """Return the process in the pid file, while it runs."""
        return None if self._seen is None else ProcessTarget(self._seen[0], self._pidfd, False)

    @property
    def restarts(self) -> int:
        """Return how many processes followed the first."""
        return max(0, self._number - 1)

    @property
    def log_lines_dropped(self) -> int:
        """Return 0: its output goes elsewhere."""
        return 0

    async def start(self) -> None:
        """Begin to watch."""
        if self._pid_file is None:
            self._number = 1
            self._listener.incarnation_started("1", "")
            return
        self._look(self._pid_file)
        self._task = asyncio.get_running_loop().create_task(
            self._watch(self._pid_file), name="pid file"
        )

    async def stop(self) -> None:
        """Watch no longer."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
        self._let_go()

    def apply_policy(self, policy: RestartPolicy, mode: Mode) -> None:
        """Nothing here restarts."""

    def order_restart(self, order: RestartOrder) -> None:
        """Say that this cannot be done."""
        self._orders.refuse(order, "the sidecar is not the service's parent", self._clock())

    def answered(self) -> None:
        """Note that the present process passed its first inside check."""
        self._exit_log.answered(self.incarnation, self._clock())

    def crashed_by(self, fault_id: str) -> None:
        """There is no budget to spare."""

    def health_changed(self, is_healthy: bool) -> None:
        """There is no budget to set back."""

    def exits(self, now: float) -> tuple[ExitSeen, ...]:
        """Return the latest exits that were seen."""
        return self._exit_log.seen(now)

    def attempts(self, now: float) -> tuple[AttemptProgress, ...]:
        """Return the refused orders."""
        return self._orders.progress(now)

    async def _watch(self, pid_file: Path) -> None:
        while True:
            await asyncio.sleep(self._interval_s)
            self._look(pid_file)

    def _look(self, pid_file: Path) -> None:
        present = _running_process(_read_pid(pid_file))
        if present == self._seen:
            return
        if self._seen is not None:
            self._gone()
        if present is not None:
            self._found(present)

    def _found(self, present: tuple[int, int]) -> None:
        pidfd = open_pidfd(present[0])
        if _running_process(present[0]) != present:  # Another process took the number in between.
            if pidfd is not None:
                os.close(pidfd)
            return
        self._seen, self._pidfd = present, pidfd
        if pidfd is not None:
            asyncio.get_running_loop().add_reader(pidfd, self._gone)
        self._number += 1
        self._exit_log.restarted(self.incarnation)
        self._listener.incarnation_started(
            self.incarnation,
            "" if self._number == 1 else f"ended; process {present[0]} took its place",
        )

    def _gone(self) -> None:
        self._let_go()
        self._exit_log.exited(self.incarnation, "gone", RestartCause.EXIT, self._clock())
        self._listener.incarnation_ended(self.incarnation)
        self._listener.service_down(
            "the process in the pid file is gone; something else has to start it", gave_up=False
        )

    def _let_go(self) -> None:
        self._seen = None
        if self._pidfd is not None:
            asyncio.get_running_loop().remove_reader(self._pidfd)
            os.close(self._pidfd)
            self._pidfd = None


def _read_pid(pid_file: Path) -> int | None:
    try:
        with pid_file.open("rb") as opened:
            text = opened.read(PID_DIGITS_MAX).split()
        pid = int(text[0])
    except (OSError, ValueError, IndexError):
        return None
    return pid if pid > 0 else None


def _running_process(pid: int | None) -> tuple[int, int] | None:
    """Return the process with its start, None when there is none; a zombie runs no more."""
    if pid is None:
        return None
    stat = read_stat(pid)
    return None if stat is None or stat.state in "ZX" else (pid, stat.started_ticks)
