"""What stands above the fleet in each state: live, stale, away, broken, halted, needing a person."""

from __future__ import annotations

import pytest

from tagent_contract.faults import FaultState
from tagent_contract.incidents import IncidentState, IncidentView
from tagent_contract.services import Halt
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.banners import (
    LINES_MAX,
    Freshness,
    data_state,
    escalations,
    fault_banner,
    halt_hits,
    halt_text,
)
from tests.fakes import shown
from tests.fakes.shown import NOW

KNOWN = Snapshot(taken_at=NOW, services=(shown.service("a"), shown.service("b")))
AWAY = "nobody answers at http://127.0.0.1:8000"


def test_young_data_is_live_and_says_nothing() -> None:
    state = data_state(KNOWN, NOW + 4.9)
    assert (state.freshness, state.text) == (Freshness.LIVE, "")
    assert state.age_s == pytest.approx(4.9)


def test_data_older_than_five_seconds_is_stale_and_says_from_when_it_is() -> None:
    state = data_state(KNOWN, NOW + 7)
    assert state.freshness is Freshness.STALE
    assert state.text == (
        "The platform has not answered for 7 s. "
        "Shown is what was known at 2023-11-14 22:13:20 UTC, 7 s ago."
    )


def test_a_platform_that_is_away_says_since_when_why_and_what_is_shown() -> None:
    state = data_state(Snapshot(taken_at=NOW, problem=AWAY), NOW + 90)
    assert state.freshness is Freshness.DOWN
    assert state.text == (
        "The platform is away since 22:13:20: nobody answers at http://127.0.0.1:8000. "
        "Shown is what was known at 2023-11-14 22:13:20 UTC, 1 min 30 s ago; this page looks again by itself."
    )


def test_a_sentence_that_ends_with_its_own_mark_gets_no_other() -> None:
    asks = Snapshot(taken_at=NOW, problem="nobody answers; is it running?")
    assert "is it running? Shown is" in data_state(asks, NOW).text


def test_before_the_first_answer_it_waits_or_says_why_there_is_none() -> None:
    assert data_state(Snapshot(), NOW).text == "Waiting for the platform's first answer."
    state = data_state(Snapshot(problem=AWAY), NOW)
    assert state.freshness is Freshness.WAITING
    assert "cannot be reached: nobody answers" in state.text
    assert "Nothing is known yet" in state.text


def test_a_clock_that_was_set_back_makes_no_data_from_the_future() -> None:
    assert data_state(KNOWN, NOW - 10).age_s == 0.0


def test_faults_are_counted_with_the_services_that_they_hit() -> None:
    one = Snapshot(taken_at=NOW, services=KNOWN.services[:1], faults=(shown.fault(service="a"),))
    assert fault_banner(one, NOW).title == "1 fault on 1 of 1 service"

    faults = (shown.fault(service="a"), shown.fault(id="f2", service="a", type="cpu"))
    two = Snapshot(taken_at=NOW, services=KNOWN.services, faults=faults)
    assert fault_banner(two, NOW).title == "2 faults on 1 of 2 services"
    assert fault_banner(KNOWN, NOW).title == "No fault is in force."


def test_of_many_faults_the_late_and_the_soonest_to_end_are_listed() -> None:
    faults = tuple(
        shown.fault(id=f"f{n}", service=f"s{n}", expires_at=shown.ago(-100 - n)) for n in range(9)
    )
    late = shown.fault(
        id="late",
        service="z",
        state=FaultState.PENDING,
        created_at=shown.ago(6),
        expires_at=shown.ago(-900),
    )
    banner = fault_banner(Snapshot(taken_at=NOW, faults=(*faults, late)), NOW)

    assert [line.service for line in banner.lines] == ["z", "s0", "s1", "s2", "s3", "s4"]
    assert len(banner.lines) == LINES_MAX
    assert banner.more == 4


def test_who_waits_longest_for_a_person_is_first_and_who_has_one_is_last() -> None:
    def waiting(name: str, since_s: float, by: str | None = None) -> IncidentView:
        return shown.incident(
            id=f"i-{name}",
            service=name,
            state=IncidentState.ESCALATED,
            summary="restarted 3 times",
            escalated_at=shown.ago(since_s),
            acknowledged_at=shown.ago(1) if by else None,
            acknowledged_by=by,
        )

    found = escalations(
        Snapshot(
            taken_at=NOW,
            incidents=(
                waiting("taken", 500, "anna"),
                waiting("new", 5),
                waiting("old", 50),
                waiting("", 20),
                shown.incident(id="open", state=IncidentState.OPEN),
            ),
        ),
        NOW,
    )
    assert [item.title for item in found] == ["old", "the fleet", "new", "taken"]
    assert [item.incident for item in found] == ["i-old", "i-", "i-new", "i-taken"]
    assert found[0].text == "restarted 3 times; escalated 22:12:30, 50 s ago, not taken"
    assert found[3].text.endswith("taken by anna")


def test_a_halt_says_who_when_why_and_what_is_still_ending() -> None:
    halt = Halt(halted=True, reason="customers call", by="anna", at=shown.ago(30), faults_ending=2)
    assert halt_text(halt, NOW) == (
        "Halted by anna 30 s ago, at 22:12:50: customers call. "
        "2 faults are still ending. New faults are refused until it is released."
    )
    done = Halt(halted=True, reason="customers call.", faults_ending=0)
    assert halt_text(done, NOW) == (
        "Halted by somebody: customers call. "
        "No fault is in force any more. New faults are refused until it is released."
    )


def test_what_a_halt_would_hit_is_named() -> None:
    assert halt_hits(KNOWN).startswith("No fault is in force.")
    one = Snapshot(taken_at=NOW, faults=(shown.fault(service="a"),))
    assert halt_hits(one).startswith("Ends 1 fault on a, whoever injected")
    many = tuple(shown.fault(id=f"f{n}", service=f"s{n}") for n in range(8))
    assert "8 faults on s0, s1, s2, s3, s4, s5 and 2 more," in halt_hits(
        Snapshot(taken_at=NOW, faults=many)
    )
