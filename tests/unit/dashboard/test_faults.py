from __future__ import annotations

from typing import Any

import pytest

from tagent_contract.faults import EndReason, Error, FaultState, FaultView, Healing, Latency, Scope
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.faults import (
    FaultFilter,
    all_faults,
    course,
    effect,
    facts,
    is_behind_faults,
    is_late,
    target_rows,
    title,
    who_and_why,
)
from tests.fakes.shown import NOW, ago, fault, target


def over(**changes: Any) -> FaultView:
    known: dict[str, Any] = {
        "state": FaultState.EXPIRED,
        "created_at": ago(130),
        "ended_at": ago(10),
        "end_reason": EndReason.TTL,
        "injected": 5,
    }
    return fault(**{**known, **changes})


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        (FaultFilter(), True),
        (FaultFilter(only_running=True), False),
        (FaultFilter(service="chat-service"), True),
        (FaultFilter(service="chat"), False),
        (FaultFilter(type="latency"), True),
        (FaultFilter(type="error"), False),
    ],
)
def test_filters_ask_for_state_service_and_type(asked: FaultFilter, is_found: bool) -> None:
    assert asked.matches(over()) is is_found


def test_running_faults_come_first_and_each_kind_newest_first() -> None:
    known = [
        over(id="old", created_at=ago(300)),
        fault(id="long", created_at=ago(100)),
        over(id="new", created_at=ago(20)),
        fault(id="fresh", created_at=ago(1)),
    ]
    assert [each.id for each in all_faults(known, Snapshot())] == ["fresh", "long", "new", "old"]


def test_what_the_snapshot_has_is_newer_than_what_was_listed() -> None:
    (found,) = all_faults([fault(injected=1)], Snapshot(faults=(fault(injected=9),)))
    assert found.injected == 9


def test_a_list_is_behind_once_a_newer_snapshot_no_longer_has_what_it_calls_running() -> None:
    snapshot = Snapshot(taken_at=200.0, faults=(fault(id="b"),))
    assert is_behind_faults([fault(id="a")], 100.0, snapshot)
    assert not is_behind_faults([fault(id="b"), over(id="c")], 100.0, snapshot)
    assert not is_behind_faults([fault(id="a")], 300.0, snapshot)


def test_a_title_says_what_is_broken_where() -> None:
    assert title(fault(fault=Latency(latency_ms=800))) == "Latency 800 ms on chat-service"


def test_who_did_it_and_why() -> None:
    assert who_and_why(fault(fault=Latency(reason="game day"))) == "by anna: game day"
    assert who_and_why(fault()) == "by anna, without a reason"


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (fault(), "ends by itself in 1:55, since 22:13:15"),
        (fault(state=FaultState.PENDING), "waits for the sidecar, armed 5 s ago"),
        (
            fault(state=FaultState.PENDING, created_at=ago(6)),
            "no acknowledgement after 5 s, armed 6 s ago",
        ),
        (
            fault(state=FaultState.ENDING),
            "ending, waits for the sidecar to say that it has ended",
        ),
        (over(), "22:11:10, 2 min 10 s ago, for 2 min. Its time was over."),
        (
            over(state=FaultState.LOST, end_reason=EndReason.SIDECAR_LOST),
            "22:11:10, 2 min 10 s ago, for 2 min. The sidecar went silent, and its lease and time are over. "
            "See whether the sidecar still runs.",
        ),
        (over(end_reason=None), "22:11:10, 2 min 10 s ago, for 2 min. "),
    ],
)
def test_its_course_is_told_in_one_line(shown: FaultView, expected: str) -> None:
    assert course(shown, NOW) == expected


def test_only_a_fault_that_nobody_acknowledged_is_late() -> None:
    assert is_late(fault(state=FaultState.PENDING, created_at=ago(6)), NOW)
    assert not is_late(fault(state=FaultState.PENDING, created_at=ago(4)), NOW)
    assert not is_late(fault(created_at=ago(600)), NOW)


def test_a_fault_that_did_nothing_proves_nothing() -> None:
    assert effect(over(injected=5, passed=2)) == "5 injected, 2 passed"
    assert effect(over(injected=0)) == "0 injected, 0 passed: it did nothing, so it proves nothing"
    assert effect(fault()) == "0 injected, 0 passed"


def test_facts_tell_scope_healing_and_what_it_belongs_to() -> None:
    settings = Error(
        scope=Scope.SERVICE, healing=Healing.OBSERVE, ttl_s=60, reason="game day", run_id="run-1"
    )
    found = dict(facts(over(fault=settings), NOW))
    assert found["Scope"] == "service: a failure outside, which no restart cures"
    assert found["Healing"] == "watches, and leaves the act to a person"
    assert (found["At most for"], found["Why"]) == ("1 min", "game day")
    assert found["Experiment run"] == "run-1"
    assert found["Ended"] == "2023-11-14 22:13:10 UTC. Its time was over."
    plain = dict(facts(fault(), NOW))
    assert plain["Why"] == "\N{EN DASH}"
    assert not {"Ended", "Experiment run"} & set(plain)


def test_targets_say_what_became_of_it_on_each_instance() -> None:
    ended = target(
        state=FaultState.FAILED,
        acked_at=ago(4),
        first_affected_at=ago(3),
        ended_at=ago(1),
        end_reason=EndReason.COULD_NOT_APPLY,
        detail="no such process",
        injected=2,
        passed=1,
    )
    first, second = target_rows([ended, target(state=FaultState.PENDING)])
    assert (first.acknowledged, first.first_affected) == ("22:13:16", "22:13:17")
    assert first.end == "22:13:19: The sidecar tried and could not (no such process)"
    assert (first.injected, first.passed) == (2, 1)
    assert (second.acknowledged, second.first_affected, second.end) == ("\N{EN DASH}",) * 3
