from __future__ import annotations

import msgspec
import pytest

from tagent_contract.events import EventType
from tagent_contract.health import Health, HealthReason, InstanceState
from tagent_contract.plan import RestartOrder
from tagent_contract.reports import (
    AttemptProgress,
    AttemptState,
    ExitSeen,
    Report,
    RestartCause,
)
from tagent_platform.core.instances import (
    EXITS_KEPT,
    believe_sidecar,
    has_precedence,
    hear,
    register,
    says_nothing_new,
    silence,
    take_over,
)
from tagent_platform.core.records import InstanceRecord

NOW = 1000.0
H, R = Health, HealthReason


def state(
    health: Health = H.HEALTHY, reason: HealthReason = R.HEALTHY, since_age_s: float = 0.0
) -> InstanceState:
    return InstanceState(health=health, reason=reason, since_age_s=since_age_s)


SICK = state(H.UNHEALTHY, R.EXITED, 2.0)


def report(**said: object) -> Report:
    fields: dict[str, object] = {
        "service": "chat",
        "instance": "chat-1",
        "boot_id": "boot-0001",
        "seq": 1,
        "sent_at": "2026-01-01T00:00:00Z",
        "boot_age_s": 100.0,
        "incarnation": "1",
        "state": state(),
        "capabilities": ("latency",),
    }
    return Report(**{**fields, **said})  # type: ignore[arg-type]


def known(**changes: object) -> InstanceRecord:
    return msgspec.structs.replace(register(report(), NOW), **changes)


def test_a_registered_instance_is_what_its_report_says() -> None:
    record = register(report(state=state(since_age_s=10_000.0)), NOW)
    assert record.boot_started_at == 900
    assert record.since == 900, "it cannot have been well for longer than it exists"
    assert record.capabilities == ("latency",)


def test_the_same_again_is_nothing_new() -> None:
    record = known()
    assert says_nothing_new(record, report(seq=2))
    assert hear(record, report(seq=2), NOW + 5) == (record, [])


@pytest.mark.parametrize(
    "change",
    [
        {"state": SICK},
        {"state": state(H.HEALTHY, R.STARTING)},
        {"incarnation": "2"},
        {"address": "127.0.0.1:1"},
        {"protocol": "tcp"},
        {"supervised": True},
        {"version": "9"},
        {"capabilities": ("latency", "crash")},
        {"missing": {"crash": "no child"}},
        {"exits": (ExitSeen(number=1, incarnation="1", age_s=0.0, status="exit 1"),)},
        {"attempts": (AttemptProgress(attempt_id="a", state=AttemptState.STARTED),)},
    ],
)
def test_anything_else_is_news_and_is_taken_over(change: dict[str, object]) -> None:
    record = known()
    assert not says_nothing_new(record, report(**change))
    heard, _ = hear(record, report(**change), NOW)
    assert heard != record
    assert hear(heard, report(**change), NOW)[0] == heard


def test_a_goodbye_is_news() -> None:
    assert not says_nothing_new(known(), report(goodbye=True))


def test_falling_sick_is_dated_by_the_sidecar() -> None:
    heard, (happening,) = hear(known(), report(state=SICK), NOW + 50)
    assert (heard.health, heard.since) == (H.UNHEALTHY, NOW + 48)
    assert (happening.type, happening.at) == (EventType.HEALTH_CHANGED, NOW + 48)


def test_another_reason_for_the_same_health_keeps_its_beginning() -> None:
    heard, (happening,) = hear(
        known(health=H.UNHEALTHY, reason=R.EXITED, since=950.0),
        report(state=state(H.UNHEALTHY, R.STARTUP_TIMEOUT)),
        NOW,
    )
    assert (heard.since, happening.data["reason"]) == (950.0, "startup_timeout")
    assert happening.at == NOW


def test_a_sidecar_heard_again_is_believed_from_now_on() -> None:
    offline = known(health=H.OFFLINE, reason=R.NO_CONTACT, since=NOW)
    assert not says_nothing_new(offline, report())
    heard, (happening,) = hear(offline, report(state=state(since_age_s=3600.0)), NOW + 20)
    assert (heard.health, heard.since) == (H.HEALTHY, NOW + 20)
    assert happening.data == {"from": "OFFLINE", "to": "HEALTHY", "reason": "healthy"}


def test_recovering_stands_until_healing_says_how_it_went() -> None:
    recovering = known(health=H.RECOVERING, reason=R.RESTARTING, detail="restarting")
    heard, happenings = hear(recovering, report(state=SICK, incarnation="2"), NOW)
    assert (heard.health, heard.reason, heard.detail) == (
        H.RECOVERING,
        R.RESTARTING,
        "restarting",
    )
    assert (heard.reported, heard.incarnation) == (H.UNHEALTHY, "2")
    assert happenings == []
    believed = believe_sidecar(heard, NOW + 1)
    assert (believed.health, believed.reason, believed.since) == (
        H.UNHEALTHY,
        R.EXITED,
        NOW + 1,
    )
    assert believe_sidecar(believed, NOW + 2) is believed


def test_giving_up_has_an_event_of_its_own() -> None:
    _, (happening,) = hear(known(), report(state=state(H.UNHEALTHY, R.GAVE_UP)), NOW)
    assert happening.type is EventType.PROCESS_GAVE_UP


def test_silence_is_offline_once() -> None:
    offline, (happening,) = silence(known(), NOW + 12, 12.0)
    assert (offline.health, offline.reason, offline.since) == (
        H.OFFLINE,
        R.NO_CONTACT,
        NOW + 12,
    )
    assert happening.data["to"] == "OFFLINE"
    assert silence(offline, NOW + 13, 13.0) == (offline, [])


@pytest.mark.parametrize(
    ("record", "boot_age_s", "takes"),
    [
        (known(), 50.0, True),
        (known(), 100.0, False),
        (known(), 150.0, False),
        (known(health=H.OFFLINE), 150.0, True),
        (known(boot_started_at=NOW + 3600), 150.0, True),
        (known(superseded_boots=("boot-0002",)), 50.0, False),
        (known(superseded_boots=("boot-0002",), health=H.OFFLINE), 50.0, False),
    ],
)
def test_the_later_start_has_the_name(
    record: InstanceRecord, boot_age_s: float, takes: bool
) -> None:
    newcomer = report(boot_id="boot-0002", boot_age_s=boot_age_s)
    assert has_precedence(record, newcomer, NOW) is takes


def test_a_taken_name_starts_afresh_and_remembers_who_lost_it() -> None:
    before = known(
        superseded_boots=("x", "y"),
        exits_seen=4,
        restart=RestartOrder(incarnation="1", attempt_id="a"),
    )
    record, happenings = take_over(
        before, report(boot_id="boot-0002", boot_age_s=1.0), NOW, boots_kept=2
    )
    assert record.superseded_boots == ("y", "boot-0001")
    assert (record.boot_id, record.exits_seen, record.restart) == ("boot-0002", 0, None)
    assert [h.type for h in happenings] == [EventType.INSTANCE_SUPERSEDED]


def test_a_new_boot_that_is_sick_says_so_and_one_being_restarted_stays_recovering() -> None:
    newcomer = report(boot_id="boot-0002", boot_age_s=1.0, state=SICK)
    _, happenings = take_over(known(), newcomer, NOW, boots_kept=2)
    assert [h.type for h in happenings] == [
        EventType.INSTANCE_SUPERSEDED,
        EventType.HEALTH_CHANGED,
    ]
    recovering = known(health=H.RECOVERING, reason=R.RESTARTING)
    record, _ = take_over(recovering, newcomer, NOW, boots_kept=2)
    assert (record.health, record.reported) == (H.RECOVERING, H.UNHEALTHY)


def exit_(number: int, **changes: object) -> ExitSeen:
    fields: dict[str, object] = {
        "number": number,
        "incarnation": str(number),
        "age_s": 1.0,
        "status": "exit 1",
    }
    return ExitSeen(**{**fields, **changes})  # type: ignore[arg-type]


def test_exits_are_told_once_in_their_order_and_the_latest_few_kept() -> None:
    many = tuple(exit_(number) for number in range(EXITS_KEPT + 5, 0, -1))
    heard, happenings = hear(known(), report(exits=many), NOW)
    assert [h.data["number"] for h in happenings] == list(range(1, EXITS_KEPT + 6))
    assert [item.number for item in heard.exits] == list(range(6, EXITS_KEPT + 6))
    assert hear(heard, report(exits=many), NOW + 1)[1] == []


def test_an_ordered_exit_is_an_event_but_no_exit_that_healing_looks_at() -> None:
    heard, (happening,) = hear(known(), report(exits=(exit_(1, cause=RestartCause.ORDER),)), NOW)
    assert heard.exits == ()
    assert "as ordered" in happening.text


def test_an_answer_again_is_dated_from_the_exit() -> None:
    gone = exit_(1, age_s=5.0, restarted_as="2", back_ms=250.0)
    heard, happenings = hear(known(), report(exits=(gone,)), NOW)
    assert [h.type for h in happenings] == [EventType.PROCESS_EXITED, EventType.PROCESS_BACK]
    assert heard.exits[0].back_at == happenings[1].at == NOW - 5 + 0.25


def test_the_noise_of_the_network_does_not_move_the_end_of_a_hold() -> None:
    heard, _ = hear(known(), report(exits=(exit_(1, held_until_s=20.0),)), NOW)
    assert heard.held_until == NOW + 20
    again = report(exits=(exit_(1, held_until_s=15.3),))
    assert hear(heard, again, NOW + 5)[0] == heard
    assert hear(heard, report(), NOW + 5)[0].held_until == NOW + 20
    up = report(exits=(exit_(1, restarted_as="2"),))
    assert hear(heard, up, NOW + 20)[0].held_until is None


def test_only_the_order_that_stands_is_followed() -> None:
    record = known(restart=RestartOrder(incarnation="1", attempt_id="new"))
    progress = (
        AttemptProgress(attempt_id="new", state=AttemptState.STARTED, age_s=2.0, incarnation="2"),
        AttemptProgress(attempt_id="old", state=AttemptState.ANSWERED),
    )
    heard, _ = hear(record, report(attempts=progress), NOW)
    assert heard.attempt is not None
    assert (heard.attempt.attempt_id, heard.attempt.at) == ("new", NOW - 2)
    only_old, _ = hear(record, report(attempts=progress[1:]), NOW)
    assert only_old.attempt is None
    without_order, _ = hear(known(), report(attempts=progress), NOW)
    assert without_order.attempt is not None
    assert without_order.attempt.attempt_id == "old"
