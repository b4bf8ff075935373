from __future__ import annotations

import pytest

from tagent_contract.events import EventType
from tagent_contract.faults import EndReason, FaultState
from tagent_contract.reports import FaultProgress
from tagent_platform.core.fault_progress import hear
from tagent_platform.core.fault_steps import FaultStep
from tagent_platform.core.faults import end
from tagent_platform.core.records import FaultRecord
from tests.unit.platform.core.test_faults import KEY, NOW, fault


def told(record: FaultRecord, now: float, **said: object) -> FaultStep:
    progress = FaultProgress(**{"id": "f1", "active": True, "ack_age_s": 0.0, **said})  # type: ignore[arg-type]
    return hear(record, KEY, progress, now=now)


def test_a_whole_life_in_one_report_happens_in_order() -> None:
    step = told(
        fault(),
        NOW + 5,
        active=False,
        ack_age_s=4.0,
        injected=3,
        first_affected_age_s=3.0,
        last_affected_age_s=2.0,
        ended_age_s=1.0,
        end_reason=EndReason.MAX_COUNT,
    )
    assert [(h.type, h.at) for h in step.happenings] == [
        (EventType.FAULT_ACKNOWLEDGED, NOW + 1),
        (EventType.FAULT_FIRST_AFFECTED, NOW + 2),
        (EventType.FAULT_ENDED, NOW + 4),
    ]
    target = step.record.targets[KEY]
    assert (target.state, target.last_affected_at) == (FaultState.EXPIRED, NOW + 3)
    assert step.happenings[-1].data["injected"] == 3


def test_ages_that_cannot_be_are_put_where_they_can() -> None:
    """A sidecar that was suspended, or a clock that drifts: nothing is in the future, nothing before its cause."""
    target = told(
        fault(),
        NOW + 5,
        active=False,
        ack_age_s=10**6,
        first_affected_age_s=10**6,
        ended_age_s=10**6,
        injected=1,
    ).record.targets[KEY]
    assert target.acked_at == target.first_affected_at == target.ended_at == NOW


def test_counters_never_go_back() -> None:
    record = told(fault(), NOW + 1, injected=5, passed=2, first_affected_age_s=0.0).record
    assert told(record, NOW + 2, injected=3, passed=1, first_affected_age_s=0.5).record is record


def test_the_first_affected_request_is_told_once() -> None:
    record = told(fault(), NOW + 1, injected=1, first_affected_age_s=0.0).record
    again = told(record, NOW + 9, injected=2, first_affected_age_s=8.1)
    assert again.happenings == ()
    assert again.record.targets[KEY].first_affected_at == NOW + 1


@pytest.mark.parametrize(
    ("wished", "reported", "reason", "state"),
    [
        (None, EndReason.TTL, EndReason.TTL, FaultState.EXPIRED),
        (None, EndReason.LEASE_LOST, EndReason.LEASE_LOST, FaultState.LOST),
        (None, EndReason.RESTARTED, EndReason.RESTARTED, FaultState.CLEARED),
        (None, EndReason.COULD_NOT_APPLY, EndReason.COULD_NOT_APPLY, FaultState.FAILED),
        (None, None, EndReason.CLEARED, FaultState.CLEARED),
        (EndReason.HALTED, None, EndReason.HALTED, FaultState.HALTED),
        (EndReason.HALTED, EndReason.CLEARED, EndReason.CLEARED, FaultState.CLEARED),
        (EndReason.RECOVERED, EndReason.CLEARED, EndReason.RECOVERED, FaultState.CLEARED),
        (EndReason.RECOVERED, EndReason.TTL, EndReason.TTL, FaultState.EXPIRED),
        (EndReason.HALTED, EndReason.TTL, EndReason.TTL, FaultState.EXPIRED),
    ],
)
def test_the_sidecars_reason_stands_and_the_wish_where_it_has_none(
    wished: EndReason | None,
    reported: EndReason | None,
    reason: EndReason,
    state: FaultState,
) -> None:
    record = fault(FaultState.ACTIVE)
    if wished is not None:
        record = end(record, wished, NOW).record
    target = told(
        record, NOW + 1, active=False, ended_age_s=0.0, end_reason=reported, detail="so"
    ).record.targets[KEY]
    assert (target.end_reason, target.state, target.detail) == (reason, state, "so")


def test_what_could_not_be_applied_ends_without_having_been_acknowledged() -> None:
    step = told(
        fault(),
        NOW + 1,
        active=False,
        ack_age_s=None,
        ended_age_s=0.0,
        end_reason=EndReason.UNSUPPORTED,
    )
    assert [h.type for h in step.happenings] == [EventType.FAULT_ENDED]
    assert step.record.targets[KEY].acked_at is None


@pytest.mark.parametrize("knows_end", [True, False])
def test_not_mentioning_a_fault_means_something_only_to_who_was_told_of_its_end(
    knows_end: bool,
) -> None:
    record = end(fault(), EndReason.CLEARED, NOW).record
    target = hear(record, KEY, None, now=NOW + 1, knows_end=knows_end).record.targets[KEY]
    assert target.state is (FaultState.CLEARED if knows_end else FaultState.ENDING)


def test_a_target_of_somebody_else_is_left_alone() -> None:
    record = fault()
    progress = FaultProgress(id="f1", active=True, ack_age_s=0.0)
    assert hear(record, "chat-1@other-boot", progress, now=NOW).record is record
