from __future__ import annotations

import msgspec
import pytest

from tagent_contract.events import EventType
from tagent_contract.faults import EndReason, FaultState, Latency, Scope, Target
from tagent_contract.health import Health, HealthReason
from tagent_contract.reports import FaultProgress
from tagent_platform.core.fault_progress import hear
from tagent_platform.core.faults import (
    FaultTimes,
    arm,
    end,
    is_live,
    last_ended_at,
    leave,
    pass_time,
    reach,
    state_of,
)
from tagent_platform.core.records import FaultRecord, InstanceRecord, target_key

NOW = 1000.0
KEY = target_key("chat-1", "boot-0001")
S = FaultState


def instance(name: str = "chat-1", boot_id: str = "boot-0001") -> InstanceRecord:
    return InstanceRecord(
        service="chat",
        name=name,
        boot_id=boot_id,
        boot_started_at=0.0,
        incarnation="3",
        health=Health.HEALTHY,
        reason=HealthReason.HEALTHY,
        since=0.0,
    )


def fault(state: FaultState = S.PENDING, **changes: object) -> FaultRecord:
    """A fault on chat-1, armed at 1000, with its target in this state."""
    kind = Latency(**changes)  # type: ignore[arg-type]
    record = arm("f1", kind, [instance()], now=NOW, by="olga")
    ended = NOW + 1 if state.is_final else None
    acked = None if state is S.PENDING else NOW
    target = msgspec.structs.replace(
        record.targets[KEY], state=state, acked_at=acked, ended_at=ended
    )
    ending = EndReason.CLEARED if state is S.ENDING else None
    return msgspec.structs.replace(record, targets={KEY: target}, ending=ending)


def passed(record: FaultRecord, now: float, *, silent_s: float, since: float = 0.0) -> FaultRecord:
    return pass_time(
        record,
        now=now,
        listening_since=since,
        out_of_touch_s=lambda _: silent_s,
        times=FaultTimes(),
    ).record


def test_an_armed_fault_is_bound_to_boot_and_incarnation() -> None:
    record = arm("f1", Latency(ttl_s=60), [instance()], now=NOW, by="olga")

    assert (record.expires_at, record.service) == (NOW + 60, "chat")
    target = record.targets[KEY]
    assert (target.state, target.boot_id, target.incarnation) == (S.PENDING, "boot-0001", "3")


@pytest.mark.parametrize("state", list(FaultState))
@pytest.mark.parametrize(
    "event", ["acknowledged", "ended", "unmentioned", "cleared", "left", "silence"]
)
def test_every_state_meets_every_event(state: FaultState, event: str) -> None:
    """The table of the theory: what becomes of a target in each state, whatever happens."""
    record = fault(state)
    progress = FaultProgress(id="f1", active=True, ack_age_s=0.0)
    over = FaultProgress(
        id="f1", active=False, ack_age_s=0.0, ended_age_s=0.0, end_reason=EndReason.TTL
    )
    outcome = {
        "acknowledged": lambda: hear(record, KEY, progress, now=NOW + 2).record,
        "ended": lambda: hear(record, KEY, over, now=NOW + 2).record,
        "unmentioned": lambda: hear(record, KEY, None, now=NOW + 2, knows_end=True).record,
        "cleared": lambda: end(record, EndReason.CLEARED, NOW + 2).record,
        "left": lambda: leave(record, KEY, EndReason.SIDECAR_LOST, NOW + 2).record,
        "silence": lambda: passed(record, NOW + 1000, silent_s=1000),
    }[event]()
    expected = {
        ("acknowledged", S.PENDING): S.ACTIVE,
        ("ended", S.PENDING): S.EXPIRED,
        ("ended", S.ACTIVE): S.EXPIRED,
        ("ended", S.ENDING): S.EXPIRED,
        ("unmentioned", S.ENDING): S.CLEARED,
        ("cleared", S.PENDING): S.ENDING,
        ("cleared", S.ACTIVE): S.ENDING,
        ("left", S.PENDING): S.LOST,
        ("left", S.ACTIVE): S.LOST,
        ("left", S.ENDING): S.LOST,
        ("silence", S.PENDING): S.FAILED,
        ("silence", S.ACTIVE): S.LOST,
        ("silence", S.ENDING): S.LOST,
    }.get((event, state), state)
    assert outcome.targets[KEY].state is expected
    if state.is_final:
        assert outcome is record


@pytest.mark.parametrize(
    ("waited_s", "since", "state"),
    [(9.9, 0.0, S.PENDING), (10.0, 0.0, S.FAILED), (10.0, NOW + 1, S.PENDING)],
)
def test_an_acknowledgement_is_waited_for_while_the_platform_listens(
    waited_s: float, since: float, state: FaultState
) -> None:
    record = passed(fault(), NOW + waited_s, silent_s=waited_s, since=since)
    assert record.targets[KEY].state is state


@pytest.mark.parametrize(
    ("after_ttl_s", "silent_s", "state"),
    [
        (-1.0, 100.0, S.ACTIVE),
        (1.9, 100.0, S.ACTIVE),
        (2.0, 14.9, S.ACTIVE),
        (2.0, 15.0, S.LOST),
        (16.9, 0.0, S.ACTIVE),
        (17.0, 0.0, S.LOST),
    ],
)
def test_a_silent_fault_is_lost_when_lease_and_ttl_are_over(
    after_ttl_s: float, silent_s: float, state: FaultState
) -> None:
    record = passed(fault(S.ACTIVE, ttl_s=60), NOW + 60 + after_ttl_s, silent_s=silent_s)
    assert record.targets[KEY].state is state


def test_the_first_wish_to_end_stands_but_a_halt_goes_before_it() -> None:
    record = end(fault(S.ACTIVE), EndReason.CLEARED, NOW + 1).record
    assert end(record, EndReason.RECOVERED, NOW + 2).record is record
    halted = end(record, EndReason.HALTED, NOW + 2)
    assert halted.record.ending is EndReason.HALTED
    assert halted.happenings == ()
    assert end(halted.record, EndReason.HALTED, NOW + 3).record is halted.record


def test_a_wish_says_what_it_does_on_each_target() -> None:
    step = end(fault(S.ACTIVE), EndReason.RECOVERED, NOW + 1)
    (happening,) = step.happenings
    assert (happening.type, happening.instance) == (EventType.FAULT_ENDING, "chat-1")
    assert happening.data["reason"] == "recovered"


@pytest.mark.parametrize(
    ("changes", "later", "reached"),
    [
        ({"scope": Scope.SERVICE}, 10.0, True),
        ({"scope": Scope.SERVICE}, 120.0, False),
        ({"scope": Scope.INSTANCE}, 10.0, False),
        ({"scope": Scope.SERVICE, "target": Target(instances=("chat-2",))}, 10.0, True),
        ({"scope": Scope.SERVICE, "target": Target(instances=("chat-1",))}, 10.0, False),
    ],
)
def test_a_later_instance_is_reached_by_scope_service_within_the_ttl(
    changes: dict[str, object], later: float, reached: bool
) -> None:
    step = reach(fault(S.ACTIVE, **changes), instance("chat-2", "boot-0002"), NOW + later)
    assert (target_key("chat-2", "boot-0002") in step.record.targets) is reached
    assert [h.type for h in step.happenings] == ([EventType.FAULT_ARMED] if reached else [])


def test_a_fault_that_is_to_end_reaches_nobody_and_nobody_twice() -> None:
    ending = end(fault(S.ACTIVE, scope=Scope.SERVICE), EndReason.CLEARED, NOW).record
    assert reach(ending, instance("chat-2"), NOW).record is ending
    record = fault(S.ACTIVE, scope=Scope.SERVICE)
    assert reach(record, instance(), NOW).record is record


@pytest.mark.parametrize(
    ("states", "sum_"),
    [
        ((S.PENDING, S.ACTIVE), S.ACTIVE),
        ((S.ENDING, S.EXPIRED), S.ENDING),
        ((S.PENDING, S.ENDING), S.PENDING),
        ((S.EXPIRED, S.LOST), S.LOST),
        ((S.EXPIRED, S.FAILED), S.FAILED),
        ((S.EXPIRED, S.EXPIRED), S.EXPIRED),
    ],
)
def test_a_faults_state_is_the_least_final_of_its_targets(
    states: tuple[FaultState, FaultState], sum_: FaultState
) -> None:
    targets = {str(n): fault(state).targets[KEY] for n, state in enumerate(states)}
    record = msgspec.structs.replace(fault(), targets=targets)
    assert state_of(record) is sum_
    assert is_live(record) is not sum_.is_final
    assert last_ended_at(record) == (NOW + 1 if sum_.is_final else None)


def test_leaving_a_target_that_is_not_there_changes_nothing() -> None:
    record = fault()
    assert leave(record, "nobody", EndReason.SIDECAR_LOST, NOW).record is record
