"""A house whose platform heals: sidecars that carry orders out, and the control loop's steps one after the other."""

from __future__ import annotations

import dataclasses
from typing import Any

from tagent_contract.faults import EndReason, FaultView, Scope
from tagent_contract.health import Health, HealthReason, InstanceState
from tagent_contract.incidents import IncidentState, IncidentView
from tagent_contract.plan import RestartOrder
from tagent_contract.policy import HealingPolicy, HealthPolicy, RestartPolicy, ServicePolicy
from tagent_contract.reports import (
    AttemptProgress,
    AttemptState,
    ExitSeen,
    FaultProgress,
    RestartCause,
)
from tagent_platform.core.records import DeliveryRecord, IncidentRecord, ServiceRecord
from tagent_platform.ports.notifier import NotifyError
from tagent_platform.ports.store import Change, Store
from tagent_platform.usecases.carry_out_attempts import carry_out_attempts
from tagent_platform.usecases.heal_services import heal_services
from tagent_platform.usecases.settle_services import settle_services
from tagent_platform.usecases.show_incident import show_incident
from tests.fakes.house import FakeSidecar, House

SICK = HealthReason.ERROR_RATIO
POLICY = ServicePolicy(
    health=HealthPolicy(),
    restart=RestartPolicy(stop_grace_s=1.0),
    healing=HealingPolicy(),
)


class RecordingNotifier:
    """Keeps the notifier port: takes messages, or fails as often as it is told to."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bytes]] = []
        self.failures: list[NotifyError] = []

    async def notify(self, message: bytes, message_id: str) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append((message_id, message))


class Patient:
    """A sidecar with a service that falls sick as told, and is well after a restart unless told otherwise."""

    def __init__(self, ward: Ward, sidecar: FakeSidecar) -> None:
        self.ward, self.sidecar = ward, sidecar
        self.health, self.reason, self.since = (
            Health.HEALTHY,
            HealthReason.HEALTHY,
            ward.clock.monotonic(),
        )
        self.incarnation = 1
        self.restarts: list[str] = []
        self.is_curable = True
        self.obeys = True
        self.faults: dict[str, FaultProgress] = {}
        self._attempts: tuple[AttemptProgress, ...] = ()
        self._exits = 0

    async def say(self, **said: Any) -> None:
        """Report the present state."""
        await self.sidecar.report(
            **{
                "state": InstanceState(
                    health=self.health,
                    reason=self.reason,
                    since_age_s=self.ward.clock.monotonic() - self.since,
                ),
                "incarnation": str(self.incarnation),
                "checks_passed_in_row": 5 if self.health is Health.HEALTHY else 0,
                "attempts": self._attempts,
                "faults": tuple(self.faults.values()),
                **said,
            }
        )

    async def become(self, health: Health, reason: HealthReason = SICK, **said: Any) -> None:
        """Fall sick or get well, and say so at once."""
        if health is Health.HEALTHY:
            reason = HealthReason.HEALTHY
        self.health, self.reason, self.since = health, reason, self.ward.clock.monotonic()
        await self.say(**said)

    async def suffer(self, fault: FaultView, health: Health = Health.UNHEALTHY) -> None:
        """Acknowledge a fault and fall sick by it."""
        self.faults[fault.id] = FaultProgress(
            id=fault.id, active=True, ack_age_s=0.0, injected=1, first_affected_age_s=0.0
        )
        await self.become(health)

    async def exit(self, *, back_ms: float | None = None, held_s: float | None = None) -> None:
        """Lose the process; with `back_ms` its sidecar has restarted it before anybody looked."""
        self._exits += 1
        seen = ExitSeen(
            number=self._exits,
            incarnation=str(self.incarnation),
            age_s=(back_ms or 0.0) / 1000,
            status="signal KILL",
            cause=RestartCause.EXIT,
            restarted_as=str(self.incarnation + 1) if back_ms is not None else None,
            back_ms=back_ms,
            held_until_s=held_s,
        )
        if back_ms is None:
            await self.become(Health.UNHEALTHY, HealthReason.EXITED, exits=(seen,))
            return
        self.incarnation += 1
        await self.become(Health.HEALTHY, exits=(seen,))

    async def acknowledge_crash(self, fault: FaultView, back_ms: float) -> None:
        """Carry a crash out, and be back."""
        await self.ward.clock.advance(1.0)
        self.faults[fault.id] = FaultProgress(
            id=fault.id,
            active=False,
            ack_age_s=back_ms / 1000,
            injected=1,
            first_affected_age_s=back_ms / 1000,
            ended_age_s=0.0,
            end_reason=EndReason.RESTARTED,
        )
        await self.exit(back_ms=back_ms)

    async def obey(self) -> None:
        """Carry out the order that the plan holds, once."""
        plan = (await self.sidecar.poll()).plan
        order = plan.restart if plan is not None else None
        if order is None or not self.obeys or order.attempt_id in self.restarts:
            return
        if order.incarnation == str(self.incarnation):
            await self._restart(order)

    async def _restart(self, order: RestartOrder) -> None:
        self.restarts.append(order.attempt_id)
        self.incarnation += 1
        self._attempts = (
            AttemptProgress(
                attempt_id=order.attempt_id,
                state=AttemptState.ANSWERED,
                incarnation=str(self.incarnation),
            ),
        )
        for fault_id, progress in self.faults.items():
            if self.ward.fault(fault_id).fault.scope is Scope.INSTANCE and progress.active:
                self.faults[fault_id] = FaultProgress(
                    id=fault_id,
                    active=False,
                    ack_age_s=1.0,
                    injected=progress.injected,
                    ended_age_s=0.0,
                    end_reason=EndReason.RESTARTED,
                )
        if self.is_curable:
            await self.become(Health.HEALTHY)
        else:
            await self.say()


class Ward(House):
    """A house that heals. `beat` is one round of everything: reports, the control loop's steps, orders."""

    def __init__(self, store: Store | None = None, **limits: Any) -> None:
        self.patients: dict[str, Patient] = {}
        self.notifier = RecordingNotifier()
        super().__init__(store, **limits)

    def start(self) -> Any:
        super().start()
        self.platform = dataclasses.replace(self.platform, notifier=self.notifier)
        return self.platform

    async def admit(
        self, name: str = "chat-1", service: str = "chat", policy: ServicePolicy = POLICY
    ) -> Patient:
        """Let a healthy instance register."""
        sidecar = self.sidecar(name, service)
        patient = Patient(self, sidecar)
        self.patients[sidecar.key] = patient
        await patient.say()
        await self.set_policy(service, policy)
        return patient

    async def set_policy(self, service: str, policy: ServicePolicy) -> None:
        held = self.store.get(ServiceRecord, service)
        assert held is not None
        record = ServiceRecord(
            name=service,
            policy=policy,
            health=held.record.health,
            reason=held.record.reason,
            since=held.record.since,
        )
        await self.store.commit([Change(ServiceRecord, service, record, held.version)])

    async def look(self) -> None:
        """Do what the control loop does between two reports."""
        await self.tick()
        await heal_services(self.platform)
        await settle_services(self.platform)
        await carry_out_attempts(self.platform)

    async def beat(self) -> None:
        await self.look()
        for patient in self.patients.values():
            await patient.obey()
        await self.look()

    async def live(self, seconds: float, step_s: float = 1.0) -> None:
        """Let time pass, with a report of everybody and a look each step."""
        while seconds > 0:
            await self.clock.advance(min(step_s, seconds))
            seconds -= step_s
            for patient in self.patients.values():
                await patient.say()
            await self.beat()

    def incidents(self, service: str = "chat") -> list[IncidentRecord]:
        return [found.record for found in self.platform.fleet.incidents_of(service)]

    def incident(self, service: str = "chat") -> IncidentRecord:
        found = self.incidents(service)
        assert len(found) == 1, f"{len(found)} incidents"
        return found[0]

    async def view(self, service: str = "chat") -> IncidentView:
        return await show_incident(self.platform, incident_id=self.incident(service).id)

    def state(self, service: str = "chat") -> IncidentState:
        return self.incident(service).state

    @property
    def deliveries(self) -> list[DeliveryRecord]:
        return [found.record for found in self.store.all(DeliveryRecord).values()]
