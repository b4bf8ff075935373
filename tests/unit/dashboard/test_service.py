"""What the page of one service says."""

from __future__ import annotations

from typing import Any

import pytest

from tagent_contract.faults import FaultState
from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import AttemptView, HeldBack, IncidentState, Refusal, Remedy
from tagent_contract.policy import Mode
from tagent_contract.services import FaultBrief, LogEntry
from tagent_dashboard.views.service import (
    can_restart,
    heading,
    incident_text,
    instance_rows,
    is_recoverable,
    is_retired,
    log_text,
    near_names,
    restart_hits,
)
from tests.fakes import shown


def test_the_heading_says_since_when_and_who_heals() -> None:
    head = heading(shown.service(mode=Mode.CHECK), shown.NOW)
    assert head.since == "since 22:13:08 UTC, 12 s ago"
    assert head.mode == "healing only says what it would do"
    assert head.advice == ""


def test_what_is_not_well_comes_with_what_to_do() -> None:
    sick = shown.service(health=Health.DEGRADED, reason=HealthReason.LATENCY)
    assert heading(sick, shown.NOW).advice.startswith("It answers too slowly.")


def test_an_incident_says_who_has_it_and_what_was_tried() -> None:
    attempt = AttemptView(
        id="a1",
        number=1,
        remedy=Remedy.RESTART_INSTANCE,
        instance=None,
        decided_at=shown.ago(50),
        by="healing",
    )
    taken = shown.incident(
        state=IncidentState.OPEN, acknowledged_by="anna", attempts=(attempt, attempt)
    )
    assert incident_text(taken, shown.NOW) == "Taken by anna, open for 1 min, 2 attempts so far."


def test_an_incident_says_why_healing_waits_and_until_when() -> None:
    held = HeldBack(reason=Refusal.BACK_OFF, until=shown.ago(-30))
    text = incident_text(shown.incident(held_back=held), shown.NOW)
    assert text.startswith("Not taken by anyone yet, open for 1 min. Healing waits")
    assert "(until 22:13:50 UTC): It was restarted a short while ago" in text


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("chat", ["chat-service"]),
        ("Chat-Servce", ["chat-service", "summary-service"]),
        ("zzz", []),
    ],
)
def test_near_names_are_offered(name: str, near: list[str]) -> None:
    assert near_names(name, ["chat-service", "summary-service", "demo"]) == near


def row(**changes: Any) -> Any:
    service = shown.service(instances=(shown.instance(**changes),))
    return instance_rows(service, shown.NOW)[0]


def test_the_worst_instance_comes_first() -> None:
    service = shown.service(
        instances=(
            shown.instance("chat-1"),
            shown.instance("chat-2", health=Health.OFFLINE),
            shown.instance("chat-3", health=Health.UNHEALTHY),
        )
    )
    rows = instance_rows(service, shown.NOW)
    assert [item.name for item in rows] == ["chat-3", "chat-2", "chat-1"]
    assert rows[0].health == "■ UNHEALTHY"


def test_a_row_says_where_it_runs_and_when_it_was_last_heard_of() -> None:
    found = row(protocol="tcp")
    assert (found.address, found.contact) == ("127.0.0.1:9001 (tcp)", "1 s ago")
    assert found.runs == "incarnation 1, sidecar 0.1.0"


def test_a_row_says_what_is_out_of_the_ordinary() -> None:
    found = row(supervised=False, clock_offset_s=-3.5, missing={"hang": "no child"})
    assert "not its sidecar's child" in found.runs
    assert "its clock is 3.5 s behind" in found.runs
    assert found.cannot == "hang: no child"


def test_the_sidecars_own_words_win_over_the_reasons() -> None:
    assert row(detail="p95 2512 ms over the limit").why == "p95 2512 ms over the limit"
    assert row().why.startswith("It answers its checks")


def line(text: str, at_s: float) -> LogEntry:
    return LogEntry(
        at=shown.ago(at_s), instance="chat-1", stream="stderr", level="error", text=text
    )


def test_log_lines_are_told_the_newest_first() -> None:
    lines = (line("first", 5), line("<b>second</b>", 1))
    assert log_text(lines, with_instance=False) == (
        "22:13:19 ERROR   <b>second</b>\n22:13:15 ERROR   first"
    )
    assert "chat-1 first" in log_text(lines, with_instance=True)


def test_a_restart_says_what_it_stops_and_what_is_left() -> None:
    two = shown.service(instances=(shown.instance("chat-1"), shown.instance("chat-2")))
    assert restart_hits(two, None) == (
        "Stops chat-1, chat-2 and starts it again. Nothing of it answers callers until it is back."
    )
    assert restart_hits(two, "chat-1") == (
        "Stops chat-1 and starts it again. 1 healthy instance answers meanwhile."
    )


def test_only_a_sidecars_child_can_be_restarted() -> None:
    assert can_restart(shown.service(instances=(shown.instance(),)))
    assert not can_restart(shown.service(instances=(shown.instance(supervised=False),)))


def test_there_is_something_to_recover_from_unless_all_is_well() -> None:
    assert not is_recoverable(shown.service())
    assert is_recoverable(shown.service(health=Health.DEGRADED))
    fault = FaultBrief(
        id="f1", type="latency", state=FaultState.ACTIVE, expires_at=shown.ago(-9), injected=0
    )
    assert is_recoverable(shown.service(faults=(fault,)))


def test_a_service_is_retired_when_nothing_of_it_lives() -> None:
    assert is_retired(shown.service())
    assert is_retired(shown.service(instances=(shown.instance(health=Health.OFFLINE),)))
    assert not is_retired(shown.service(instances=(shown.instance(),)))
