"""Which faults are behind a sickness, and what they want healing to do."""

from __future__ import annotations

import pytest

from tagent_contract.faults import Error, FaultState, Healing, Latency
from tagent_contract.health import Health
from tagent_contract.policy import HealthPolicy
from tagent_platform.core.incidents.causes import (
    ORGANIC,
    Causes,
    aftermath_s,
    causes_at,
    causes_of,
)
from tagent_platform.core.records import FaultRecord
from tests.fakes.clinic import NOW, fault, instance

POLICY = HealthPolicy()
AFTERMATH = aftermath_s(POLICY)


def behind(*faults: FaultRecord, since: float = NOW - 5) -> Causes:
    return causes_at("chat-1", since, faults, POLICY, NOW)


def test_without_faults_a_sickness_is_organic() -> None:
    causes = behind()
    assert causes.is_organic
    assert (causes.key, causes.healing, causes.healing_until) == (ORGANIC, Healing.ACT, None)


def test_the_aftermath_is_the_window_and_the_failures_in_a_row() -> None:
    assert AFTERMATH == 10 + 3 * 2


@pytest.mark.parametrize(
    ("record", "is_behind"),
    [
        (fault(), True),
        (fault(state=FaultState.ENDING), True),
        (fault(on="chat-2"), False),
        (fault(state=FaultState.PENDING), False),
        (fault(state=FaultState.PENDING, injected=1), True),
        (fault(state=FaultState.FAILED, ended_at=NOW - 5), False),
        (fault(state=FaultState.FAILED, ended_at=NOW - 5, injected=2), True),
        (fault(state=FaultState.CLEARED, ended_at=NOW - 5), True),
        (fault(state=FaultState.EXPIRED, ended_at=NOW - 5 - AFTERMATH), True),
        (fault(state=FaultState.EXPIRED, ended_at=NOW - 5.1 - AFTERMATH), False),
    ],
)
def test_what_acts_or_ended_just_before_is_behind_it(record: FaultRecord, is_behind: bool) -> None:
    assert (behind(record).key == "f1") is is_behind


def test_of_several_the_latest_armed_names_the_cause() -> None:
    old, new = fault("old", armed_at=NOW - 60), fault("new", armed_at=NOW - 10)
    causes = behind(old, new)
    assert causes.key == "new"
    assert [each.id for each in causes.faults] == ["new", "old"]


def test_what_had_ended_is_not_behind_what_something_else_explains() -> None:
    over = fault("over", armed_at=NOW - 30, state=FaultState.CLEARED, ended_at=NOW - 20)
    acting = fault("acting", armed_at=NOW - 10)
    assert [each.id for each in behind(over, acting).faults] == ["acting"]
    assert [each.id for each in behind(over).faults] == ["over"]


def test_of_drills_that_followed_one_another_the_last_explains_it() -> None:
    hang = fault("hang", armed_at=NOW - 16, state=FaultState.CLEARED, ended_at=NOW - 15)
    crash = fault("crash", armed_at=NOW - 6, state=FaultState.CLEARED, ended_at=NOW - 5.9)
    beside = fault("beside", armed_at=NOW - 20, state=FaultState.EXPIRED, ended_at=NOW - 5.5)
    assert [each.id for each in behind(hang, crash).faults] == ["crash"]
    assert [each.id for each in behind(hang, crash, beside).faults] == ["crash", "beside"]
    assert [each.id for each in behind(hang).faults] == ["hang"]


@pytest.mark.parametrize(
    ("wishes", "healing"),
    [
        ((Healing.ACT,), Healing.ACT),
        ((Healing.OBSERVE,), Healing.OBSERVE),
        ((Healing.SUPPRESS,), Healing.SUPPRESS),
        ((Healing.ACT, Healing.SUPPRESS), Healing.ACT),
        ((Healing.ACT, Healing.OBSERVE), Healing.OBSERVE),
        ((Healing.SUPPRESS, Healing.OBSERVE), Healing.OBSERVE),
        ((Healing.SUPPRESS, Healing.SUPPRESS), Healing.SUPPRESS),
    ],
)
def test_the_strictest_wish_counts(wishes: tuple[Healing, ...], healing: Healing) -> None:
    faults = [fault(f"f{n}", Error(healing=wish)) for n, wish in enumerate(wishes)]
    assert behind(*faults).healing is healing


def test_a_wish_holds_until_the_fault_is_over_and_shows_no_more() -> None:
    record = fault(of=Latency(healing=Healing.OBSERVE))
    assert behind(record).healing_until == record.expires_at + AFTERMATH
    fresh = fault(of=Latency(healing=Healing.OBSERVE), state=FaultState.CLEARED, ended_at=NOW - 16)
    assert behind(fresh).healing is Healing.OBSERVE
    over = fault(of=Latency(healing=Healing.OBSERVE), state=FaultState.CLEARED, ended_at=NOW - 16.1)
    assert behind(over).healing is Healing.ACT
    assert behind(over).key == "f1", "the budget stays the fault's"


def test_no_fault_silences_a_sidecar() -> None:
    offline = instance(Health.OFFLINE)
    assert causes_of(offline, NOW - 5, [fault()], POLICY, NOW).is_organic
    assert not causes_of(instance(), NOW - 5, [fault()], POLICY, NOW).is_organic
