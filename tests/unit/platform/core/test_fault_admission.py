from __future__ import annotations

import msgspec
import pytest

from tagent_contract.faults import (
    FAULT_KINDS,
    Cpu,
    Crash,
    Fault,
    FaultState,
    Latency,
    Match,
    Target,
)
from tagent_contract.health import Health
from tagent_contract.problems import ConflictReason
from tagent_platform.core.fault_admission import Admitted, NotAdmitted, Situation, may_inject
from tagent_platform.core.faults import arm
from tagent_platform.core.records import (
    FaultRecord,
    HaltRecord,
    InstanceRecord,
    MaintenanceWindow,
    ServiceRecord,
)
from tests.unit.platform.core.test_faults import instance

R = ConflictReason
H = Health
ALL = tuple(FAULT_KINDS)


def place(name: str, health: Health = Health.HEALTHY, **changes: object) -> InstanceRecord:
    return msgspec.structs.replace(instance(name), health=health, capabilities=ALL, **changes)


def situation(
    *instances: InstanceRecord,
    faults: tuple[FaultRecord, ...] = (),
    halt: HaltRecord | None = None,
    maintenance: MaintenanceWindow | None = None,
) -> Situation:
    return Situation(
        service=ServiceRecord(name="chat", maintenance=maintenance),
        instances={item.name: item for item in instances},
        faults=faults,
        halt=halt,
        now=1000.0,
    )


def on(fault: Fault, item: InstanceRecord, state: FaultState = FaultState.ACTIVE) -> FaultRecord:
    record = arm("other", fault, [item], now=990.0, by="olga")
    targets = {
        key: msgspec.structs.replace(target, state=state) for key, target in record.targets.items()
    }
    return msgspec.structs.replace(record, targets=targets)


def only(*names: str) -> Target:
    return Target(instances=names)


A, B, C = place("a"), place("b"), place("c")
SICK_A = place("a", H.UNHEALTHY)

REFUSED = [
    (Latency(), situation(A, halt=HaltRecord(halted=True)), R.HALTED),
    (
        Latency(),
        situation(A, maintenance=MaintenanceWindow(reason="", by="", until=1001.0)),
        R.MAINTENANCE,
    ),
    (Latency(), situation(), R.NO_INSTANCES),
    (Latency(), situation(place("a", H.OFFLINE)), R.NO_INSTANCES),
    (Latency(target=only("a")), situation(place("a", H.OFFLINE), B), R.NO_INSTANCES),
    (Crash(), situation(place("a", missing={"crash": "no child"})), R.UNSUPPORTED),
    (Crash(), situation(A, place("b", missing={"crash": "no child"})), R.UNSUPPORTED),
    (Latency(), situation(A, faults=(on(Latency(), A),)), R.ALREADY_ACTIVE),
    (Latency(latency_ms=1), situation(A, faults=(on(Latency(), A),)), R.ALREADY_ACTIVE),
    (Latency(), situation(A, faults=(on(Latency(), A, FaultState.PENDING),)), R.ALREADY_ACTIVE),
    (Latency(), situation(A, faults=(on(Latency(), A, FaultState.ENDING),)), R.END_PENDING),
    (Cpu(match=Match(path="/x")), situation(A, faults=(on(Cpu(), A),)), R.ALREADY_ACTIVE),
    (Latency(), situation(place("a", H.RECOVERING)), R.TARGET_RESERVED),
    (Latency(target=only("b")), situation(SICK_A, B), R.LAST_HEALTHY_INSTANCE),
    (Latency(), situation(SICK_A, B), R.LAST_HEALTHY_INSTANCE),
    (Latency(target=only("b", "c")), situation(SICK_A, B, C), R.LAST_HEALTHY_INSTANCE),
    (Crash(target=only("b")), situation(A, B, faults=(on(Latency(), A),)), R.LAST_HEALTHY_INSTANCE),
]

ALLOWED = [
    (Latency(), situation(A), ("a",)),
    (Latency(), situation(A, B), ("a", "b")),
    (Latency(), situation(A, B, place("c", H.OFFLINE)), ("a", "b")),
    (Latency(), situation(place("a", H.DEGRADED)), ("a",)),
    (Latency(), situation(SICK_A), ("a",)),
    (Latency(target=only("a")), situation(A, B), ("a",)),
    (Latency(target=only("a")), situation(SICK_A, B), ("a",)),
    (Latency(target=only("b")), situation(SICK_A, B, C), ("b",)),
    (Latency(), situation(A, halt=HaltRecord(halted=False)), ("a",)),
    (
        Latency(),
        situation(A, maintenance=MaintenanceWindow(reason="", by="", until=1000.0)),
        ("a",),
    ),
    (Latency(match=Match(path="/x")), situation(A, faults=(on(Latency(), A),)), ("a",)),
    (Crash(), situation(A, faults=(on(Latency(), A),)), ("a",)),
    (Latency(), situation(A, faults=(on(Latency(), A, FaultState.EXPIRED),)), ("a",)),
    (Latency(target=only("b")), situation(A, B, C, faults=(on(Latency(), A),)), ("b",)),
]


@pytest.mark.parametrize(("fault", "where", "reason"), REFUSED)
def test_a_fault_is_refused_with_its_reason(
    fault: Fault, where: Situation, reason: ConflictReason
) -> None:
    verdict = may_inject(fault, where)
    assert isinstance(verdict, NotAdmitted)
    assert verdict.reason is reason
    assert verdict.text


@pytest.mark.parametrize(("fault", "where", "names"), ALLOWED)
def test_a_fault_is_admitted_on_its_targets(
    fault: Fault, where: Situation, names: tuple[str, ...]
) -> None:
    verdict = may_inject(fault, where)
    assert isinstance(verdict, Admitted)
    assert tuple(item.name for item in verdict.instances) == names


@pytest.mark.parametrize(("fault", "where", "reason"), REFUSED)
def test_force_waives_the_last_healthy_guard_alone(
    fault: Fault, where: Situation, reason: ConflictReason
) -> None:
    forced = may_inject(fault, where, forced=True)
    assert isinstance(forced, Admitted) is (reason is R.LAST_HEALTHY_INSTANCE)


def test_a_fault_on_a_boot_that_is_gone_stands_in_nobodys_way() -> None:
    before = msgspec.structs.replace(A, boot_id="boot-0000")
    verdict = may_inject(Latency(), situation(A, faults=(on(Latency(), before),)))
    assert isinstance(verdict, Admitted)


def test_a_sidecar_that_does_not_know_the_type_refuses_it() -> None:
    old = place("a", missing={})
    old = msgspec.structs.replace(old, capabilities=("latency",))
    verdict = may_inject(Crash(), situation(old))
    assert isinstance(verdict, NotAdmitted)
    assert "does not know" in verdict.text
