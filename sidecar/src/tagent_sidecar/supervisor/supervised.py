"""The service as our child: started, restarted after an exit or by order, stopped with us."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from tagent_contract.plan import RestartOrder
from tagent_contract.policy import Mode, RestartPolicy
from tagent_contract.reports import AttemptProgress, ExitSeen, RestartCause
from tagent_sidecar.supervisor.command import CommandError, find_command
from tagent_sidecar.supervisor.exit_log import ExitLog
from tagent_sidecar.supervisor.exit_status import describe_exit
from tagent_sidecar.supervisor.log_pipes import LineGate, LogPipe
from tagent_sidecar.supervisor.output import Output
from tagent_sidecar.supervisor.processes import OwnProcess, Processes
from tagent_sidecar.supervisor.restart_orders import RestartOrders
from tagent_sidecar.supervisor.restarts import GaveUp, RestartBudgets
from tagent_sidecar.supervisor.service import ProcessTarget, ServiceListener

CLEAR_LOOK_S = 0.005
CLEAR_LOOKS = 100
REAP_S = 1.0
"""How long an orphan that ended may stay a zombie."""


class SupervisedService:
    """Keeps the promises of `Service` for a command of ours."""

    supervised: Literal[True] = True

    def __init__(  # noqa: PLR0913 - what it is made of
        self,
        argv: Sequence[str],
        environment: Mapping[str, str],
        listener: ServiceListener,
        processes: Processes,
        *,
        policy: RestartPolicy,
        mode: Mode = Mode.HEAL,
        output: Output | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start nothing yet. `environment` is the child's whole environment: without our own token."""
        self._argv = tuple(argv)
        self._environment = environment
        self._listener = listener
        self._processes = processes
        self._policy = policy
        self._mode = mode
        self._output = output or Output()
        self._clock = clock
        self._budgets = RestartBudgets(policy)
        self._crashed: tuple[str, str] | None = None
        """The incarnation that a fault has signalled, and the fault's id."""
        self._exit_by: str | None = None
        self._orders = RestartOrders()
        self._exit_log = ExitLog()
        self._gate = LineGate()
        self._number = 0
        self._process: OwnProcess | None = None
        self._group: int | None = None
        self._pipes: tuple[LogPipe, ...] = ()
        self._stopping: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._reaping: asyncio.TimerHandle | None = None
        self._down_since: float | None = None
        self._down_detail = ""
        self._is_over = False

    @property
    def incarnation(self) -> str:
        """Return the number of the present or latest start."""
        return str(max(self._number, 1))

    @property
    def target(self) -> ProcessTarget | None:
        """Return the running process."""
        process = self._process
        return None if process is None else ProcessTarget(process.pid, process.pidfd, True)

    @property
    def restarts(self) -> int:
        """Return how many incarnations followed the first."""
        return max(0, self._number - 1)

    @property
    def log_lines_dropped(self) -> int:
        """Return how many lines came too fast."""
        return self._gate.dropped

    async def start(self) -> None:
        """Start the command."""
        self._reap_orphans()
        self._start_next("")

    async def stop(self) -> None:
        """Stop the child and all it started."""
        self._is_over = True
        self._cancel_timer()
        if self._reaping is not None:
            self._reaping.cancel()
        if self._stopping is not None:
            self._stopping.cancel()
        if self._process is not None:
            await self._process.stop(self._policy.stop_grace_s)
        self._processes.kill_orphans()
        self._output.close()

    def apply_policy(self, policy: RestartPolicy, mode: Mode) -> None:
        """Follow these numbers from now on."""
        if (policy, mode) == (self._policy, self._mode):
            return
        self._policy = policy
        self._budgets.follow(policy)
        self._mode = mode
        if self._down_since is not None:
            self._decide(self._down_since)

    def order_restart(self, order: RestartOrder) -> None:
        """Restart if the incarnation is still the ordered one."""
        if self._is_over or not self._orders.accept(order, self.incarnation, self._clock()):
            return
        if self._process is None:
            self._start_when_clear("")
        elif self._stopping is None:
            # Kept here until it is done; its end is seen as the process's exit.
            self._stopping = asyncio.get_running_loop().create_task(
                self._process.stop(self._policy.stop_grace_s), name="ordered stop"
            )

    def crashed_by(self, fault_id: str) -> None:
        """Note that a fault has signalled the present incarnation."""
        self._crashed = (self.incarnation, fault_id)

    def answered(self) -> None:
        """Note that the present incarnation passed its first inside check."""
        now = self._clock()
        self._exit_log.answered(self.incarnation, now)
        self._orders.answered(self.incarnation, now)

    def health_changed(self, is_healthy: bool) -> None:
        """Note health for the restart budget."""
        self._budgets.health(is_healthy, self._clock())

    def exits(self, now: float) -> tuple[ExitSeen, ...]:
        """Return the latest exits."""
        return self._exit_log.seen(now)

    def attempts(self, now: float) -> tuple[AttemptProgress, ...]:
        """Return what became of the latest restart orders."""
        return self._orders.progress(now)

    # --- a start, an exit, and what follows --------------------------------------------------------------------------

    def _start_next(self, why: str) -> None:
        self._cancel_timer()
        self._down_since = None
        self._number += 1
        ordered = self._orders.is_stopping
        try:
            self._process = self._launch()
        except CommandError as error:
            if ordered:
                self._orders.failed(str(error), self._clock())
            self._exit_log.restarted(self.incarnation)
            self._came_to_nothing("could not start", str(error).rstrip("."))
            return
        now = self._clock()
        self._exit_log.restarted(self.incarnation)
        if ordered:
            self._orders.started(self.incarnation, now)
        self._listener.incarnation_started(
            self.incarnation, f"{why}; incarnation {self.incarnation} is starting" if why else ""
        )

    def _launch(self) -> OwnProcess:
        argv = find_command(self._argv, self._environment)
        pipes = tuple(
            LogPipe(stream, self._output, self._gate, self._listener.log_line)
            for stream in ("stdout", "stderr")
        )
        try:
            process = self._processes.start(
                argv,
                self._exited,
                environment=self._environment,
                stdout=pipes[0].writing_end,
                stderr=pipes[1].writing_end,
            )
        except CommandError:
            for pipe in pipes:
                pipe.close_writing_end()
                pipe.finish()
            raise
        for pipe in pipes:
            pipe.close_writing_end()
        self._pipes = pipes
        self._group = process.pid
        return process

    def _exited(self, code: int) -> None:
        self._process = None
        ordered = self._orders.is_stopping
        self._stopping = None
        self._processes.kill_orphans()
        for pipe in self._pipes:
            pipe.finish()
        self._listener.incarnation_ended(self.incarnation)
        status = describe_exit(code)
        if self._is_over:
            return
        if ordered:
            self._exit_log.exited(self.incarnation, status, RestartCause.ORDER, self._clock())
            self._start_when_clear("")
        else:
            self._orders.exited(self.incarnation, f"ended with {status}", self._clock())
            self._came_to_nothing(status, f"ended with {status}")

    def _came_to_nothing(self, status: str, detail: str) -> None:
        now = self._clock()
        self._exit_log.exited(self.incarnation, status, RestartCause.EXIT, now)
        self._down_since = now
        self._down_detail = detail
        self._budgets.health(False, now)
        incarnation, fault_id = self._crashed or ("", "")
        self._exit_by = fault_id if incarnation == self.incarnation else None
        self._decide(now)

    def _decide(self, exited_at: float) -> None:
        """Start again now, later, or not; to be called again when what it depends on has changed."""
        self._cancel_timer()
        if self._mode is not Mode.HEAL:
            self._exit_log.held(None)
            self._tell_down(f"mode {self._mode.value} leaves it down")
            return
        now = self._clock()
        decision = self._budgets.of(self._exit_by).decide(exited_at)
        at = decision.until if isinstance(decision, GaveUp) else decision.at
        wait_s = at - now
        if isinstance(decision, GaveUp):
            self._exit_log.held(at)
            self._tell_down(
                f"gave up after {self._policy.intensity} restarts in"
                f" {self._policy.intensity_window_s:g} s, tries again in {wait_s:.0f} s",
                gave_up=True,
            )
        elif wait_s > 0:
            self._exit_log.held(at)
            self._tell_down(f"next start in {wait_s:.1f} s")
        else:
            self._tell_down("")
        self._timer = asyncio.get_running_loop().call_later(max(0.0, wait_s), self._restart)

    def _restart(self) -> None:
        self._budgets.of(self._exit_by).restarted(self._clock())
        self._start_when_clear(self._down_detail)

    def _start_when_clear(self, why: str, looks_left: int = CLEAR_LOOKS) -> None:
        """Start as soon as the last incarnation's relatives are gone, whom their kill reaches a moment later."""
        self._cancel_timer()
        self._down_since = None
        if (
            looks_left
            and self._group is not None
            and not self._processes.is_group_gone(self._group)
        ):
            self._timer = asyncio.get_running_loop().call_later(
                CLEAR_LOOK_S, self._start_when_clear, why, looks_left - 1
            )
            return
        self._start_next(why)

    def _tell_down(self, what_follows: str, *, gave_up: bool = False) -> None:
        detail = f"{self._down_detail}; {what_follows}" if what_follows else self._down_detail
        self._listener.service_down(detail, gave_up=gave_up)

    def _reap_orphans(self) -> None:
        self._processes.reap_orphans()
        self._reaping = asyncio.get_running_loop().call_later(REAP_S, self._reap_orphans)

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
