"""What the parts tell each other: an exit, a health, a plan arrive here, and go to whoever must know."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from tagent_contract.faults import EndReason
from tagent_contract.health import Health, InstanceState
from tagent_contract.plan import Plan
from tagent_sidecar.checks.health_watch import HealthWatch
from tagent_sidecar.fault_orders import FaultOrders
from tagent_sidecar.supervisor.service import Service
from tagent_sidecar.telemetry.log_lines import LogLines

Part = TypeVar("Part")

log = logging.getLogger("tagent_sidecar")


@dataclass(slots=True)
class Listeners:
    """Listens to the service, to health and to the platform. `join` comes before anything can be heard."""

    lines: LogLines
    on_change: list[Callable[[], None]] = field(default_factory=list)
    """Called when something happened that is worth a report."""
    on_superseded: list[Callable[[], None]] = field(default_factory=list)
    _service: Service | None = None
    _watch: HealthWatch | None = None
    _orders: FaultOrders | None = None

    def join(self, service: Service, watch: HealthWatch, orders: FaultOrders) -> None:
        """Learn who is to be told."""
        self._service, self._watch, self._orders = service, watch, orders

    @property
    def service(self) -> Service:
        """Return the service; it exists before anything is heard."""
        return _joined(self._service)

    @property
    def watch(self) -> HealthWatch:
        """Return the watch; likewise."""
        return _joined(self._watch)

    @property
    def orders(self) -> FaultOrders:
        """Return the fault orders; likewise."""
        return _joined(self._orders)

    def changed(self) -> None:
        """Tell that a report is worth it."""
        for call in self.on_change:
            call()

    # --- the service ---------------------------------------------------------------------------------------------

    def incarnation_started(self, incarnation: str, detail: str) -> None:
        """Check the new incarnation, and let the faults that strike each one strike it."""
        log.info("incarnation %s is starting%s", incarnation, f": {detail}" if detail else "")
        self.watch.incarnation_started(detail)
        self.orders.incarnation_started(incarnation)
        self.changed()

    def incarnation_ended(self, incarnation: str) -> None:
        """End the faults that were bound to it."""
        log.info("incarnation %s is gone", incarnation)
        self.orders.incarnation_ended(incarnation)
        self.changed()

    def service_down(self, detail: str, *, gave_up: bool) -> None:
        """Count an exit against health."""
        log.warning("the service is down: %s", detail)
        self.watch.service_down(detail, gave_up=gave_up)
        self.changed()

    def log_line(self, stream: str, text: str) -> None:
        """Keep a line of the service."""
        self.lines.add(stream, text, time.monotonic())

    def process_fault_done(self, fault_id: str) -> None:
        """Count a process fault as injected."""
        self.orders.process_fault_done(fault_id)

    def process_fault_failed(self, fault_id: str, detail: str) -> None:
        """End a process fault that could not be applied."""
        log.warning("fault %s could not be applied: %s", fault_id, detail)
        self.orders.process_fault_failed(fault_id, detail)

    # --- health --------------------------------------------------------------------------------------------------

    def health_changed(self, state: InstanceState) -> None:
        """Tell the restart budget, and the platform."""
        detail = f": {state.detail}" if state.detail else ""
        log.info("health is %s (%s)%s", state.health.value, state.reason.value, detail)
        self.service.health_changed(state.health is Health.HEALTHY)
        self.changed()

    def service_answered(self) -> None:
        """Note how long the new incarnation took."""
        self.service.answered()
        self.changed()

    def callers_answered(self) -> None:
        """Report at once: it is the proof that a recovery waits for."""
        self.changed()

    # --- the platform --------------------------------------------------------------------------------------------

    def plan_confirmed(self, at: float) -> None:
        """Renew the lease."""
        self.orders.renew_lease(at)

    def plan_received(self, plan: Plan) -> None:
        """Carry the plan out. Faults come first: a restart that it orders may end some of them."""
        self.orders.apply_plan(plan, self.service.incarnation)
        self.watch.apply_policy(plan.policy.health)
        self.service.apply_policy(plan.policy.restart, plan.policy.healing.mode)
        if plan.restart is not None:
            self.service.order_restart(plan.restart)
        self.changed()

    def superseded(self) -> None:
        """Stop injecting for good and go on proxying; another sidecar has this name now."""
        log.error("another sidecar has taken this name over; this one injects and reports no more")
        self.orders.end_all(EndReason.SUPERSEDED)
        for call in self.on_superseded:
            call()


def _joined(part: Part | None) -> Part:
    if part is None:
        raise RuntimeError("the listeners are not joined yet")
    return part
