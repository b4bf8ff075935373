"""A platform over a store in memory and a clock that stands still, with sidecars that say what a test tells them to."""

from __future__ import annotations

import random
from typing import Any

from tagent_contract.events import Event
from tagent_contract.faults import FAULT_KINDS, Fault, FaultView, Latency
from tagent_contract.health import Health, HealthReason, InstanceState
from tagent_contract.plan import PlanRevision
from tagent_contract.reports import FaultProgress, Report
from tagent_contract.times import format_time
from tagent_platform.adapters.runtime.process import ProcessRuntime
from tagent_platform.adapters.store.memory import MemoryStore
from tagent_platform.core.records import FaultRecord, InstanceRecord, TokenRole, instance_key
from tagent_platform.ports.store import EventQuery, Store
from tagent_platform.usecases.confirm_store import confirm_store
from tagent_platform.usecases.expire_faults import expire_faults
from tagent_platform.usecases.expire_runs import expire_runs
from tagent_platform.usecases.ingest_telemetry import ingest_telemetry
from tagent_platform.usecases.inject_fault import inject_fault
from tagent_platform.usecases.mark_offline import mark_offline
from tagent_platform.usecases.platform import Actor, Limits, Platform, assemble
from tagent_platform.usecases.read_plan import HeldPlan, PlanAnswer, read_plan
from tests.fakes.clock import FakeClock
from tests.fakes.series import RecordingSeries

OPERATOR = Actor("olga", TokenRole.OPERATOR)
ADMIN = Actor("ada", TokenRole.ADMIN)
HEALTHY = InstanceState(health=Health.HEALTHY, reason=HealthReason.HEALTHY)
UNHEALTHY = InstanceState(health=Health.UNHEALTHY, reason=HealthReason.EXITED)
DEGRADED = InstanceState(health=Health.DEGRADED, reason=HealthReason.LATENCY)


class FakeSidecar:
    """Numbers its reports, and remembers the plan it was given."""

    def __init__(
        self, house: House, service: str, instance: str, boot_id: str, capabilities: tuple[str, ...]
    ) -> None:
        self.service, self.instance, self.boot_id = service, instance, boot_id
        self.capabilities = capabilities
        self.booted_at = house.clock.monotonic()
        self.seq = 0
        self.held = HeldPlan()
        self._house = house

    @property
    def key(self) -> str:
        return instance_key(self.service, self.instance)

    def next_report(self, **said: Any) -> Report:
        """Return what it would send now; `said` overrides any field."""
        self.seq += 1
        fields: dict[str, Any] = {
            "service": self.service,
            "instance": self.instance,
            "boot_id": self.boot_id,
            "seq": self.seq,
            "sent_at": format_time(self._house.clock.now()),
            "boot_age_s": self._house.clock.monotonic() - self.booted_at,
            "incarnation": "1",
            "state": HEALTHY,
            "address": "127.0.0.1:9001",
            "supervised": True,
            "version": "1.0",
            "capabilities": self.capabilities,
        }
        return Report(**{**fields, **said})

    async def report(self, **said: Any) -> PlanRevision:
        return await self._house.send(self.next_report(**said))

    async def acknowledge(self, fault: FaultView, **said: Any) -> PlanRevision:
        """Report that the fault is in force, or whatever else is said of it."""
        progress = {"id": fault.id, "active": True, "ack_age_s": 0.0, **said}
        return await self.report(faults=(FaultProgress(**progress),))

    async def poll(self, wait_s: float = 0.0) -> PlanAnswer:
        """Ask for the plan, and hold it if it is a new one."""
        answer = await read_plan(
            self._house.platform,
            service=self.service,
            instance=self.instance,
            boot_id=self.boot_id,
            held=self.held,
            wait_s=wait_s,
        )
        if answer.plan is not None:
            self.held = HeldPlan(answer.plan.epoch, answer.plan.revision)
        return answer


class House:
    """Holds the platform's parts, and speaks to its use cases."""

    def __init__(self, store: Store | None = None, **limits: Any) -> None:
        self.clock = FakeClock()
        self.store: Store = MemoryStore() if store is None else store
        self.series = RecordingSeries()
        self.limits = Limits(**limits)
        self.platform = self.start()
        self._boots = 0

    def start(self) -> Platform:
        """Start the platform again on the same store: what was in memory is gone."""
        self.platform = assemble(
            store=self.store,
            series=self.series,
            runtime=ProcessRuntime(self.store),
            clock=self.clock,
            limits=self.limits,
            rng=random.Random(7),
        )
        return self.platform

    def sidecar(
        self,
        instance: str = "chat-1",
        service: str = "chat",
        capabilities: tuple[str, ...] = tuple(FAULT_KINDS),
    ) -> FakeSidecar:
        """Start a sidecar that has not spoken yet."""
        self._boots += 1
        return FakeSidecar(self, service, instance, f"boot-{self._boots:04d}", capabilities)

    async def registered(self, instance: str = "chat-1", service: str = "chat") -> FakeSidecar:
        """Start a sidecar that has reported once."""
        sidecar = self.sidecar(instance, service)
        await sidecar.report()
        return sidecar

    async def send(self, *reports: Report, actor: Actor | None = None) -> PlanRevision:
        actor = actor or Actor("sidecar", TokenRole.SIDECAR, reports[0].service)
        return await ingest_telemetry(self.platform, reports=reports, actor=actor)

    async def inject(
        self, fault: Fault | None = None, service: str = "chat", *, force: bool = False
    ) -> FaultView:
        return await inject_fault(
            self.platform, service=service, fault=fault or Latency(), actor=OPERATOR, force=force
        )

    async def tick(self) -> None:
        """Do once what the control loop does of time's passing."""
        await confirm_store(self.platform)
        clock = self.platform.clock
        self.platform.contacts.tick(
            clock.monotonic(), clock.now(), self.platform.limits.away_after_s
        )
        await mark_offline(self.platform)
        await expire_runs(self.platform)
        await expire_faults(self.platform)

    async def pass_time(self, seconds: float, step_s: float = 1.0) -> None:
        """Let time pass with the control loop running."""
        while seconds > 0:
            await self.clock.advance(min(step_s, seconds))
            seconds -= step_s
            await self.tick()

    def instance(self, name: str = "chat-1", service: str = "chat") -> InstanceRecord:
        found = self.store.get(InstanceRecord, instance_key(service, name))
        assert found is not None, f"{name} is not registered"
        return found.record

    def fault(self, fault_id: str) -> FaultRecord:
        found = self.store.get(FaultRecord, fault_id)
        assert found is not None
        return found.record

    async def events(self, kind: str | None = None) -> list[Event]:
        found = await self.store.read_events(EventQuery(limit=1000))
        return [event for event in found if kind is None or event.type == kind]

    async def kinds(self) -> list[str]:
        """Return what happened, in order, by type."""
        return [str(event.type) for event in await self.events()]
