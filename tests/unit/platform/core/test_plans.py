from __future__ import annotations

import msgspec
import pytest

from tagent_contract.faults import EndReason, FaultState, Latency, Scope
from tagent_contract.plan import Plan, RestartOrder
from tagent_contract.policy import HealingPolicy, Mode, ServicePolicy
from tagent_platform.core.faults import arm
from tagent_platform.core.plans import PlanParts, plan_for, says_the_same
from tagent_platform.core.records import FaultRecord, HaltRecord, ServiceRecord
from tests.unit.platform.core.test_faults import NOW, fault, instance

S = FaultState


def plan(*faults: FaultRecord, now: float = NOW + 10, halted: bool | None = None) -> Plan:
    halt = None if halted is None else HaltRecord(halted=halted)
    parts = PlanParts(ServiceRecord(name="chat"), instance(), faults, halt)
    return plan_for(parts, epoch="e", revision=7, now=now)


@pytest.mark.parametrize(
    ("state", "listed", "ending"),
    [
        (S.PENDING, True, False),
        (S.ACTIVE, True, False),
        (S.ENDING, False, True),
        (S.EXPIRED, False, False),
        (S.CLEARED, False, False),
        (S.HALTED, False, False),
        (S.LOST, False, False),
        (S.FAILED, False, False),
    ],
)
def test_a_plan_lists_what_is_to_act_and_what_is_to_end(
    state: FaultState, listed: bool, ending: bool
) -> None:
    made = plan(fault(state))
    assert bool(made.faults) is listed
    assert made.ending == ({"f1": "cleared"} if ending else {})


def test_what_is_left_of_the_ttl_counts_from_now() -> None:
    (planned,) = plan(fault(ttl_s=60), now=NOW + 45).faults
    assert planned.ttl_left_s == 15


def test_an_expired_fault_stays_listed_until_its_end_is_reported_but_never_starts() -> None:
    (planned,) = plan(fault(S.ACTIVE, ttl_s=5)).faults
    assert planned.ttl_left_s == 0
    assert plan(fault(S.PENDING, ttl_s=5)).faults == ()


def test_a_clock_that_was_set_back_does_not_lengthen_a_fault() -> None:
    (planned,) = plan(fault(ttl_s=60), now=NOW - 3600).faults
    assert planned.ttl_left_s == 60


def test_a_fault_of_scope_instance_is_bound_to_its_incarnation() -> None:
    (bound,) = plan(fault()).faults
    (free,) = plan(fault(scope=Scope.SERVICE)).faults
    assert (bound.incarnation, free.incarnation) == ("3", None)


def test_a_halted_plan_has_no_faults_whatever_the_records_say() -> None:
    made = plan(fault(S.ACTIVE), halted=True)
    assert (made.halted, made.faults) == (True, ())
    assert plan(fault(S.ACTIVE), halted=False).faults


def test_a_fault_on_another_boot_is_not_this_ones() -> None:
    other = arm("f1", Latency(), [instance(boot_id="boot-0009")], now=NOW, by="")
    assert plan(other).faults == ()


def test_a_plan_carries_policy_and_restart_order() -> None:
    order = RestartOrder(incarnation="3", attempt_id="a1")
    policy = ServicePolicy(healing=HealingPolicy(mode=Mode.OFF))
    parts = PlanParts(
        ServiceRecord(name="chat", policy=policy),
        msgspec.structs.replace(instance(), restart=order),
        (),
        None,
    )
    made = plan_for(parts, epoch="e", revision=7, now=NOW)
    assert (made.policy, made.restart, made.epoch, made.revision) == (policy, order, "e", 7)


def test_the_oldest_fault_comes_first() -> None:
    late = arm("a", Latency(), [instance()], now=NOW + 5, by="")
    early = arm("b", Latency(), [instance()], now=NOW, by="")
    assert [planned.id for planned in plan(late, early).faults] == ["b", "a"]


def test_plans_that_differ_in_ttls_and_revision_alone_say_the_same() -> None:
    early, late = plan(fault(), now=NOW), plan(fault(), now=NOW + 30)
    assert says_the_same(early, msgspec.structs.replace(late, revision=9))


@pytest.mark.parametrize(
    "change",
    [
        {"halted": True},
        {"restart": RestartOrder(incarnation="1", attempt_id="a")},
        {"ending": {"f1": EndReason.CLEARED.value}},
        {"faults": ()},
        {"policy": ServicePolicy(healing=HealingPolicy(mode=Mode.OFF))},
        {"epoch": "other"},
    ],
)
def test_anything_else_is_news(change: dict[str, object]) -> None:
    made = plan(fault())
    assert not says_the_same(made, msgspec.structs.replace(made, **change))
