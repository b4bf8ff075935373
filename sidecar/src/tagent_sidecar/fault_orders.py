"""The one place where the fault engine's commands are carried out, and where its deadlines are kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Protocol, assert_never

from tagent_contract.faults import EndReason, Fault
from tagent_contract.plan import Plan
from tagent_sidecar.faults.commands import (
    Command,
    ConnectionsChanged,
    StartProcessFault,
    StopProcessFault,
)
from tagent_sidecar.faults.engine import FaultEngine
from tagent_sidecar.proxy.proxy import Proxy

TIMER_S_MIN = 0.001
"""The event loop's timers count milliseconds: one that rings too early is set again, and not without end."""


class ProcessFaultExecutor(Protocol):
    """What breaks the process or the machine."""

    def start(self, fault_id: str, fault: Fault, until: float) -> None:
        """Apply a fault; what becomes of it is told to `process_fault_done` or `process_fault_failed`."""

    def stop(self, fault_id: str) -> None:
        """End a fault's effect at once; harmless when it has none."""


class FaultOrders:
    """Feeds the engine and does what it says. After each call, everything due is done."""

    def __init__(
        self,
        engine: FaultEngine,
        proxy: Proxy,
        processes: ProcessFaultExecutor,
        on_change: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Call `on_change` whenever something worth a report happened."""
        self._engine = engine
        self._proxy = proxy
        self._processes = processes
        self._on_change = on_change
        self._clock = clock
        self._lease_from = float("-inf")
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = float("inf")
        self._is_over = False
        engine.on_change = self._changed

    def apply_plan(self, plan: Plan, incarnation: str) -> None:
        """Arm and end what the plan says; nothing is armed once all was ended for good."""
        if not self._is_over:
            self._carry_out(self._engine.apply_plan(plan, self._clock(), incarnation))
            self.expire()

    def renew_lease(self, at: float) -> None:
        """Count the lease from `at` (monotonic), unless it counts from later already."""
        if at > self._lease_from:
            self._lease_from = at
            self._engine.renew_lease(at)

    def incarnation_started(self, incarnation: str) -> None:
        """Let service-wide process faults strike the new incarnation."""
        self._carry_out(self._engine.start_incarnation(incarnation, self._clock()))

    def incarnation_ended(self, incarnation: str) -> None:
        """End what was bound to it."""
        self._carry_out(self._engine.end_incarnation(incarnation, self._clock()))

    def process_fault_done(self, fault_id: str) -> None:
        """Count a process fault as injected."""
        self._engine.process_fault_done(fault_id, self._clock())

    def process_fault_failed(self, fault_id: str, detail: str) -> None:
        """End a process fault that could not be applied."""
        self._engine.process_fault_failed(fault_id, detail, self._clock())

    def end_all(self, reason: EndReason) -> None:
        """End all faults for good: no plan arms one any more."""
        self._is_over = True
        self._carry_out(self._engine.end_all(reason, self._clock()))

    def expire(self) -> None:
        """End what is past its time, and set the timer for the next."""
        now = self._clock()
        self._carry_out(self._engine.expire(now))
        self._set_timer()

    def close(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _carry_out(self, commands: Iterable[Command]) -> None:
        commands = list(commands)
        for command in commands:
            match command:
                case StartProcessFault(fault_id, fault, until):
                    self._processes.start(fault_id, fault, until)
                case StopProcessFault(fault_id):
                    self._processes.stop(fault_id)
                case ConnectionsChanged(ended):
                    self._proxy.faults_changed(ended)
                case _:
                    assert_never(command)
        if commands:
            self._on_change()

    def _changed(self) -> None:
        self._on_change()
        self._set_timer()

    def _set_timer(self) -> None:
        """Ring at the next deadline. A renewed lease moves it away, which the old timer finds out by itself."""
        now = self._clock()
        deadline = self._engine.next_deadline(now)
        if deadline is None or (self._timer is not None and self._timer_at <= deadline):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_at = deadline
        wait_s = max(deadline - now, TIMER_S_MIN)
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._ring)

    def _ring(self) -> None:
        self._timer = None
        self._timer_at = float("inf")
        self.expire()
