"""May healing act, and if not why not and until when: each rule alone, and their order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tagent_contract.faults import Healing
from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import Refusal, Remedy
from tagent_contract.policy import HealingPolicy, Mode, ServicePolicy
from tagent_platform.core.backoff import BackingOff, UsedUp
from tagent_platform.core.policy import (
    Act,
    Case,
    Escalate,
    Hold,
    Nothing,
    decide,
    decide_for_person,
    may_escalate,
)
from tagent_platform.core.records import ExitRecord, HaltRecord, MaintenanceWindow
from tests.fakes.clinic import NOW, instance, rung

WINDOW = MaintenanceWindow(reason="new disk", by="olga", until=NOW + 60)
HALT = HaltRecord(halted=True, reason="game over", by="olga", at=NOW)
GAVE_UP = instance(reason=HealthReason.GAVE_UP)
EXITED = instance(reason=HealthReason.EXITED)


def case(**said: Any) -> Case:
    fields: dict[str, Any] = {
        "instance": instance(),
        "policy": ServicePolicy(),
        "mode": Mode.HEAL,
        "through_sidecar": True,
        "rungs": (rung(),),
    }
    return Case(**{**fields, **said})


def test_nothing_in_the_way_means_act() -> None:
    decision = decide(case(), NOW)
    assert isinstance(decision, Act)
    assert decision.rung.remedy is Remedy.RESTART_INSTANCE
    assert decision.text == "restart chat-1"


@pytest.mark.parametrize(
    ("said", "reason", "until"),
    [
        ({"mode": Mode.OFF}, Refusal.MODE_OFF, None),
        ({"mode": Mode.CHECK}, Refusal.MODE_CHECK, None),
        ({"maintenance": WINDOW}, Refusal.MAINTENANCE, NOW + 60),
        ({"halt": HALT}, Refusal.HALTED, None),
        (
            {"healing": Healing.OBSERVE, "healing_until": NOW + 9},
            Refusal.FAULT_OBSERVED,
            NOW + 9,
        ),
        ({"healing": Healing.SUPPRESS}, Refusal.FAULT_SUPPRESSED, None),
        ({"is_storm": True}, Refusal.STORM, None),
        ({"storm_settle_s": 6.0}, Refusal.STORM, NOW + 1),
        ({"locked_by": "i1-1"}, Refusal.TARGET_LOCKED, None),
        ({"instance": EXITED}, Refusal.TARGET_LOCKED, NOW + 55),
        (
            {"instance": instance(reason=HealthReason.EXITED, held_until=NOW + 7)},
            Refusal.BACK_OFF,
            NOW + 7,
        ),
        ({"rungs": (rung(verdict=BackingOff(2, NOW + 3)),)}, Refusal.BACK_OFF, NOW + 3),
        (
            {"policy": ServicePolicy(healing=HealingPolicy(healthy_instances_min=1))},
            Refusal.LAST_HEALTHY,
            None,
        ),
        ({"instance": instance(Health.DEGRADED)}, Refusal.DEGRADED_ONLY, None),
        ({"instance": instance(Health.UNKNOWN)}, Refusal.STARTING, None),
    ],
)
def test_reasons_to_hold(said: dict[str, Any], reason: Refusal, until: float | None) -> None:
    decision = decide(case(**said), NOW)
    assert isinstance(decision, Hold)
    assert (decision.reason, decision.until) == (reason, until)
    assert decision.text


@pytest.mark.parametrize(
    ("said", "reason", "until"),
    [
        ({"instance": GAVE_UP}, Refusal.GAVE_UP, None),
        (
            {
                "instance": instance(
                    reason=HealthReason.GAVE_UP,
                    exits=tuple(
                        ExitRecord(number=n, at=NOW - 10 + n, status="exit 1") for n in range(1, 5)
                    ),
                )
            },
            Refusal.GAVE_UP,
            NOW - 8 + 1800,
        ),
        (
            {"instance": instance(reason=HealthReason.EXITED, since=NOW - 60)},
            Refusal.GAVE_UP,
            None,
        ),
        ({"instance": instance(Health.OFFLINE)}, Refusal.SIDECAR_UNREACHABLE, None),
        ({"instance": instance(supervised=False, since=NOW - 60)}, Refusal.NOT_SUPERVISED, None),
        ({"reopened": 3}, Refusal.REOPENED_TOO_OFTEN, None),
        ({"rungs": (rung(verdict=UsedUp(3, NOW + 99)),)}, Refusal.INTENSITY, NOW + 99),
        ({"is_given_up": True}, Refusal.INTENSITY, None),
        ({"rungs": ()}, Refusal.LADDER_EXHAUSTED, None),
    ],
)
def test_reasons_to_call_a_person(
    said: dict[str, Any], reason: Refusal, until: float | None
) -> None:
    decision = decide(case(**said), NOW)
    assert isinstance(decision, Escalate)
    assert (decision.reason, decision.until) == (reason, until)
    assert decision.text


def test_what_something_else_runs_is_left_to_it_for_as_long_as_a_restart_may_take() -> None:
    theirs = instance(supervised=False, since=NOW - 5)
    decision = decide(case(instance=theirs), NOW)
    assert isinstance(decision, Hold)
    assert (decision.reason, decision.until) == (Refusal.NOT_SUPERVISED, NOW + 55)
    assert isinstance(decide(case(instance=theirs), NOW + 55), Escalate)
    assert isinstance(decide(case(instance=theirs, reopened=3), NOW), Escalate)


def test_every_refusal_has_its_case() -> None:
    tables = (test_reasons_to_hold, test_reasons_to_call_a_person)
    covered = {row[1] for table in tables for row in table.pytestmark[0].args[1]}
    assert covered == set(Refusal)


IN_ORDER: list[tuple[dict[str, Any], Refusal]] = [
    ({"mode": Mode.OFF}, Refusal.MODE_OFF),
    ({"maintenance": WINDOW}, Refusal.MAINTENANCE),
    ({"halt": HALT}, Refusal.HALTED),
    ({"healing": Healing.OBSERVE}, Refusal.FAULT_OBSERVED),
    ({"is_storm": True}, Refusal.STORM),
    ({"locked_by": "i1-1"}, Refusal.TARGET_LOCKED),
    ({"instance": instance(supervised=False)}, Refusal.NOT_SUPERVISED),
    ({"reopened": 3}, Refusal.REOPENED_TOO_OFTEN),
    ({"rungs": (rung(verdict=BackingOff(2, NOW + 3)),)}, Refusal.BACK_OFF),
    (
        {"policy": ServicePolicy(healing=HealingPolicy(healthy_instances_min=1))},
        Refusal.LAST_HEALTHY,
    ),
]


@pytest.mark.parametrize("first", range(len(IN_ORDER)))
def test_of_several_reasons_the_first_in_the_order_is_given(first: int) -> None:
    said: dict[str, Any] = {}
    for fields, _ in IN_ORDER[first:]:
        said.update(fields)
    decision = decide(case(**said), NOW)
    assert isinstance(decision, Hold | Escalate)
    assert decision.reason is IN_ORDER[first][1]


@pytest.mark.parametrize(
    ("said", "text", "would"),
    [
        ({}, "mode check: would restart chat-1", Remedy.RESTART_INSTANCE),
        (
            {"rungs": (rung(Remedy.RESTART_SERVICE, None, "chat-1", "chat-2"),)},
            "mode check: would restart all 2 instances",
            Remedy.RESTART_SERVICE,
        ),
        (
            {"rungs": (rung(Remedy.ROLL_BACK),)},
            "mode check: would roll back to the revision before",
            Remedy.ROLL_BACK,
        ),
        (
            {"rungs": ()},
            "mode check: would escalate: the runtime offers no remedy",
            Remedy.ESCALATE,
        ),
        (
            {"halt": HALT},
            "mode check: would wait: everything is halted by olga: game over",
            None,
        ),
    ],
)
def test_mode_check_says_what_would_be_done(
    said: dict[str, Any], text: str, would: Remedy | None
) -> None:
    decision = decide(case(mode=Mode.CHECK, **said), NOW)
    assert decision == Hold(Refusal.MODE_CHECK, text, None, would)


def test_over_is_over() -> None:
    assert isinstance(decide(case(maintenance=WINDOW), NOW + 60), Act)
    assert isinstance(decide(case(halt=HaltRecord(halted=False)), NOW), Act)
    assert isinstance(decide(case(storm_settle_s=5.0), NOW), Act)
    back = (rung(verdict=BackingOff(2, NOW)),)
    assert isinstance(decide(case(rungs=back), NOW), Hold), "the verdict is the budget's to give"


def test_a_storm_and_its_settling_leave_injected_sickness_to_healing() -> None:
    assert isinstance(decide(case(is_storm=True, is_organic=False), NOW), Act)
    assert isinstance(decide(case(storm_settle_s=60.0, is_organic=False), NOW), Act)


def test_a_healthy_instance_needs_nothing() -> None:
    assert isinstance(decide(case(instance=instance(Health.HEALTHY)), NOW), Nothing)


def test_an_exit_beside_its_sidecar_is_no_sidecars_business() -> None:
    beside = replace(
        case(through_sidecar=False), instance=instance(supervised=False, reason=HealthReason.EXITED)
    )
    assert isinstance(decide(beside, NOW), Act)


def test_a_runtime_of_its_own_reaches_who_is_out_of_contact() -> None:
    decision = decide(case(instance=instance(Health.OFFLINE), through_sidecar=False), NOW)
    assert isinstance(decision, Act)


def test_the_guard_counts_the_healthy_ones_that_stay_so() -> None:
    policy = ServicePolicy(healing=HealingPolicy(healthy_instances_min=2))
    enough = case(policy=policy, healthy=frozenset({"chat-2", "chat-3"}))
    assert isinstance(decide(enough, NOW), Act)
    too_few = case(policy=policy, healthy=frozenset({"chat-2"}))
    decision = decide(too_few, NOW)
    assert isinstance(decision, Hold)
    assert decision.reason is Refusal.LAST_HEALTHY


@pytest.mark.parametrize(
    "said",
    [
        {"mode": Mode.OFF},
        {"mode": Mode.CHECK},
        {"maintenance": WINDOW},
        {"healing": Healing.OBSERVE},
        {"is_storm": True},
        {"storm_settle_s": 60.0},
        {"instance": GAVE_UP},
        {"instance": EXITED},
        {"instance": instance(Health.HEALTHY)},
        {"instance": instance(Health.DEGRADED)},
        {"reopened": 9},
        {"is_given_up": True},
        {"rungs": (rung(verdict=BackingOff(2, NOW + 3)),)},
        {"rungs": (rung(verdict=UsedUp(3, NOW + 3)),)},
        {"policy": ServicePolicy(healing=HealingPolicy(healthy_instances_min=5))},
    ],
)
def test_a_person_goes_round_these(said: dict[str, Any]) -> None:
    assert isinstance(decide_for_person(case(**said), NOW), Act)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"halt": HALT}, Refusal.HALTED),
        ({"locked_by": "i1-1"}, Refusal.TARGET_LOCKED),
        ({"instance": instance(Health.OFFLINE)}, Refusal.SIDECAR_UNREACHABLE),
        ({"instance": instance(supervised=False)}, Refusal.NOT_SUPERVISED),
        ({"rungs": ()}, Refusal.LADDER_EXHAUSTED),
    ],
)
def test_not_even_a_person_goes_round_these(said: dict[str, Any], reason: Refusal) -> None:
    decision = decide_for_person(case(**said), NOW)
    assert isinstance(decision, Hold)
    assert decision.reason is reason


@pytest.mark.parametrize(
    ("said", "may"),
    [
        ({}, True),
        ({"locked_by": "i1-1"}, True),
        ({"mode": Mode.CHECK}, False),
        ({"maintenance": WINDOW}, False),
        ({"halt": HALT}, False),
        ({"healing": Healing.OBSERVE}, False),
        ({"is_storm": True}, False),
    ],
)
def test_a_person_is_called_only_where_healing_has_a_say(said: dict[str, Any], may: bool) -> None:
    assert may_escalate(case(**said), NOW) is may
