from __future__ import annotations

import msgspec

from tagent_contract.faults import EndReason, FaultState
from tagent_contract.incidents import Cause, IncidentState, Severity
from tagent_platform.core.records import FaultRecord, IncidentRecord, TimelineRecord
from tagent_platform.core.timeline import fault_lines, whole_timeline
from tests.unit.platform.core.test_faults import KEY, NOW, fault


def finished() -> FaultRecord:
    record = fault()
    target = msgspec.structs.replace(
        record.targets[KEY],
        state=FaultState.FAILED,
        acked_at=NOW,
        first_affected_at=NOW + 1,
        ended_at=NOW + 9,
        end_reason=EndReason.COULD_NOT_APPLY,
        detail="no such process",
        injected=2,
    )
    return msgspec.structs.replace(record, targets={KEY: target})


def incident(*lines: TimelineRecord, faults: tuple[str, ...] = ("f1",)) -> IncidentRecord:
    return IncidentRecord(
        id="i1",
        service="chat",
        state=IncidentState.RESOLVED,
        severity=Severity.ERROR,
        cause=Cause.INJECTED,
        summary="",
        opened_at=NOW,
        detected_at=NOW,
        faults=faults,
        timeline=lines,
    )


def line(at: float, kind: str) -> TimelineRecord:
    return TimelineRecord(at=at, kind=kind, text=kind, instance="chat-1")


def test_a_faults_life_is_told_in_order_even_within_one_moment() -> None:
    lines = fault_lines(finished())
    assert [item.kind for item in lines] == [
        "armed",
        "acknowledged",
        "first_affected",
        "ended",
    ]
    assert lines[-1].text == (
        "latency failed on chat-1: could not apply (no such process), 2 injected"
    )


def test_what_has_not_happened_is_not_told() -> None:
    assert [item.kind for item in fault_lines(fault())] == ["armed"]


def test_the_incidents_lines_come_between_and_none_is_told_twice() -> None:
    told = whole_timeline(
        finished(),
        [
            incident(
                line(NOW + 1, "first_affected"),
                line(NOW + 1, "detected"),
                line(NOW + 12, "verified"),
            ),
            incident(line(NOW + 2, "detected"), faults=("other",)),
        ],
    )
    assert [item.kind for item in told] == [
        "armed",
        "acknowledged",
        "first_affected",
        "detected",
        "ended",
        "verified",
    ]
