"""Arm a fault, if nothing speaks against it."""

from __future__ import annotations

import msgspec

from tagent_contract.events import EventType
from tagent_contract.faults import Fault, FaultView, fault_type
from tagent_platform.core.experiments.reservation import may_inject_beside
from tagent_platform.core.fault_admission import NotAdmitted, Situation, may_inject
from tagent_platform.core.faults import arm, armed
from tagent_platform.core.happenings import Happening
from tagent_platform.core.records import (
    FaultRecord,
    InstanceRecord,
    RunRecord,
    ServiceRecord,
    instance_key,
)
from tagent_platform.core.views import fault_view
from tagent_platform.ports.store import Change, Guard
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.errors import NotFoundError, RefusedError
from tagent_platform.usecases.events import event_of
from tagent_platform.usecases.lookups import halt_of, service_named
from tagent_platform.usecases.platform import Actor, Platform

SEED_MAX = 2**53


async def inject_fault(
    platform: Platform, *, service: str, fault: Fault, actor: Actor, force: bool = False
) -> FaultView:
    """Return the armed fault; its sidecars learn of it at once.

    Raises NotFoundError for an unknown service or named instance, and RefusedError with the reason. It never slips past a halt: the
    commit holds only while nobody halted, nor into a service that a run has reserved. A refusal is an event, too. `force` waives `last_healthy_instance` alone.
    """
    if fault.seed is None:
        fault = msgspec.structs.replace(fault, seed=platform.rng.randrange(SEED_MAX))
    fault_id = platform.new_id()

    def decide() -> Decision[FaultView | RefusedError]:
        return _decide(platform, service, fault_id, fault, actor, force=force)

    outcome = await commit_decision(platform, decide)
    if isinstance(outcome, RefusedError):
        raise outcome
    return outcome


def _decide(
    platform: Platform, service: str, fault_id: str, fault: Fault, actor: Actor, *, force: bool
) -> Decision[FaultView | RefusedError]:
    now = platform.clock.now()
    known = service_named(platform, service)
    instances = platform.fleet.serving_instances_of(service)
    if fault.target.instances != "all":
        for name in fault.target.instances:
            if name not in instances:
                raise NotFoundError("instance", name, instances)
    halt, halt_guard = halt_of(platform)
    live = platform.fleet.faults_of(service).live
    situation = Situation(
        service=known.record,
        instances={name: versioned.record for name, versioned in instances.items()},
        faults=[versioned.record for versioned in live.values()],
        halt=halt,
        now=now,
    )
    beside = may_inject_beside(service, fault.run_id, _open_runs(platform))
    verdict = beside or may_inject(fault, situation, forced=force)
    if isinstance(verdict, NotAdmitted):
        return _refused(service, fault, verdict, now, actor)
    record = arm(fault_id, fault, verdict.instances, now=now, by=actor.name)
    changes: list[Change | Guard] = [
        Change(FaultRecord, fault_id, record, 0),
        # Written as it is, so that of two injections, or an injection and a maintenance, one sees the other.
        Change(ServiceRecord, service, known.record, known.version),
        halt_guard,
        *_while_it_runs(platform, fault),
        *(
            Guard(
                InstanceRecord, instance_key(service, target.name), instances[target.name].version
            )
            for target in verdict.instances
        ),
    ]
    events = [
        event_of(armed(record, target), actor, why=fault.reason)
        for target in record.targets.values()
    ]
    return Decision(fault_view(record), changes, events)


def _open_runs(platform: Platform) -> list[RunRecord]:
    return [versioned.record for versioned in platform.fleet.open_runs()]


def _while_it_runs(platform: Platform, fault: Fault) -> list[Guard]:
    """Let the commit hold only while the fault's run does, which ends with the faults it knows of."""
    if fault.run_id is None:
        return []
    run = platform.store.get(RunRecord, fault.run_id)
    return [Guard(RunRecord, fault.run_id, 0 if run is None else run.version)]


def _refused(
    service: str, fault: Fault, verdict: NotAdmitted, now: float, actor: Actor
) -> Decision[FaultView | RefusedError]:
    happening = Happening(
        type=EventType.FAULT_REFUSED,
        service=service,
        at=now,
        text=f"{fault_type(fault)} was refused: {verdict.text}",
        data={"fault_type": fault_type(fault), "reason": verdict.reason.value},
    )
    refusal = RefusedError(verdict.reason, verdict.text, verdict.until)
    return Decision(refusal, (), [event_of(happening, actor)])
