"""One line of why: what, since when, what is being done, in words that a person on call understands at once."""

from __future__ import annotations

from typing import Any

import pytest

from tagent_contract.faults import FaultState
from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import (
    AttemptView,
    Cause,
    HeldBack,
    IncidentState,
    IncidentView,
    Outcome,
    Refusal,
    Remedy,
)
from tagent_contract.policy import Mode
from tagent_contract.services import Maintenance, ServiceView
from tagent_dashboard.views.why import why
from tests.fakes import shown

NAME = "chat-service-9001"


def service(**changes: Any) -> ServiceView:
    return shown.service(**{"instances": (shown.instance(NAME),), **changes})


def incident(**changes: Any) -> IncidentView:
    known = {
        "state": IncidentState.OPEN,
        "summary": f"{NAME} is UNHEALTHY: outside check: answered 500, error injected",
        "detected_at": shown.ago(20),
    }
    return shown.incident(**{**known, **changes})


def sick(**changes: Any) -> ServiceView:
    known = {
        "health": Health.UNHEALTHY,
        "reason": HealthReason.OUTSIDE_CHECK_FAILED,
        "detail": "outside check: answered 500",
    }
    return service(**{**known, **changes})


def attempt(**changes: Any) -> AttemptView:
    known: dict[str, Any] = {
        "id": "a1",
        "number": 1,
        "remedy": Remedy.RESTART_INSTANCE,
        "instance": NAME,
        "decided_at": shown.ago(3),
        "by": "healing",
    }
    return AttemptView(**{**known, **changes})


def test_nothing_is_said_of_a_service_that_is_well() -> None:
    assert why(service(), None, None) == ""


def test_a_crash_tells_when_and_how_fast_it_was_back() -> None:
    healed = incident(
        state=IncidentState.RESOLVED,
        timeline=(
            shown.entry("exited", 0),
            shown.entry("detected", 0.002),
            shown.entry("restarted", 0.043),
            shown.entry("healthy", 0.4),
        ),
    )
    assert why(service(), None, healed) == "crashed 22:12:20, back in 43 ms"


def test_several_crashes_tell_of_the_last() -> None:
    healed = incident(
        state=IncidentState.RESOLVED,
        timeline=(
            shown.entry("exited", 0),
            shown.entry("restarted", 1),
            shown.entry("exited", 5),
            shown.entry("restarted", 5.2),
        ),
    )
    assert why(service(), None, healed) == "crashed 2 times, lastly 22:12:25, back in 200 ms"


def test_a_crash_whose_way_back_is_not_known_tells_the_crash_alone() -> None:
    healed = incident(state=IncidentState.RESOLVED, timeline=(shown.entry("exited", 0),))
    assert why(service(), None, healed) == "crashed 22:12:20"


def test_another_sickness_tells_how_long_it_took_to_be_healthy_again() -> None:
    healed = incident(
        state=IncidentState.RESOLVED,
        detected_at=shown.ago(60),
        timeline=(shown.entry("detected", 0), shown.entry("healthy", 2.5)),
    )
    line = why(service(), None, healed)
    assert line == "22:12:20 outside check: answered 500, error injected, healthy again after 2.5 s"


def test_one_that_a_person_closed_tells_when_it_was_over() -> None:
    healed = incident(state=IncidentState.RESOLVED, resolved_at=shown.ago(5), timeline=())
    assert why(service(), None, healed).endswith("error injected, over 22:13:15")


def test_a_service_that_is_sick_again_tells_that_and_not_what_was() -> None:
    healed = incident(state=IncidentState.RESOLVED, timeline=(shown.entry("exited", 0),))
    line = why(sick(), incident(state=IncidentState.REMEDIATING), healed)
    assert "crashed" not in line


def test_the_only_instance_is_called_it() -> None:
    held = HeldBack(reason=Refusal.TARGET_LOCKED, text=f"the sidecar of {NAME} restarts it")
    opened = incident(summary=f"the process of {NAME} ended by itself: signal KILL", held_back=held)
    assert why(sick(detail=""), opened, None) == (
        "22:13:00 its process ended by itself: signal KILL; held back: its sidecar restarts it"
    )


def test_one_of_several_instances_keeps_its_name() -> None:
    two = (shown.instance(NAME), shown.instance("chat-service-9002"))
    line = why(sick(instances=two), incident(), None)
    assert line.startswith(f"22:13:00 {NAME} is UNHEALTHY: outside check")


def test_what_is_wrong_now_is_said_where_it_is_something_else() -> None:
    line = why(sick(detail="outside check: timed out"), incident(), None)
    assert line == (
        "22:13:00 outside check: answered 500, error injected, now outside check: timed out"
    )


def test_what_holds_healing_back_is_said_with_until_when() -> None:
    held = HeldBack(reason=Refusal.BACK_OFF, until=shown.ago(-10), text="restart 2 waits")
    line = why(sick(), incident(held_back=held), None)
    assert line.endswith("; held back until 22:13:30: restart 2 waits")


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (Refusal.DEGRADED_ONLY, "held back: a restart is no cure for that"),
        (Refusal.MODE_OFF, "held back: mode off"),
    ],
)
def test_a_reason_without_words_of_its_own_has_some(reason: Refusal, expected: str) -> None:
    line = why(sick(), incident(held_back=HeldBack(reason=reason)), None)
    assert line.endswith(expected)


def test_a_restart_under_way_is_said_with_its_number_and_who_ordered_it() -> None:
    first = why(sick(), incident(state=IncidentState.REMEDIATING, attempts=(attempt(),)), None)
    assert first.endswith("; restarting since 22:13:17")

    attempts = (
        attempt(outcome=Outcome.STILL_SICK),
        attempt(number=2, by="anna", remedy=Remedy.RESTART_SERVICE),
    )
    second = why(sick(), incident(state=IncidentState.REMEDIATING, attempts=attempts), None)
    assert second.endswith("; restarting all of it since 22:13:17, attempt 2, ordered by anna")


def test_between_two_attempts_it_is_being_healed() -> None:
    done = (attempt(outcome=Outcome.STILL_SICK),)
    line = why(sick(), incident(state=IncidentState.REMEDIATING, attempts=done), None)
    assert line.endswith("; being healed")


def test_while_health_is_verified_the_way_back_is_told() -> None:
    back = service(since=shown.ago(19.5))
    line = why(back, incident(state=IncidentState.VERIFYING), None)
    assert line.endswith("; healthy again after 500 ms, being verified")

    not_yet = sick(health=Health.RECOVERING)
    line = why(not_yet, incident(state=IncidentState.VERIFYING), None)
    assert line.endswith("; being verified")


def test_what_needs_a_person_says_so_and_why() -> None:
    held = HeldBack(reason=Refusal.INTENSITY, text="restarted 3 times in 30 min")
    escalated = incident(
        state=IncidentState.ESCALATED,
        escalated_at=shown.ago(5),
        held_back=held,
        cause=Cause.ORGANIC,
    )
    line = why(sick(), escalated, None)
    assert line.endswith("; escalated 22:13:15, needs a person (restarted 3 times in 30 min)")


def test_a_service_that_is_away_tells_when_it_was_last_heard_of() -> None:
    away = service(
        health=Health.OFFLINE,
        reason=HealthReason.NO_CONTACT,
        instances=(
            shown.instance(last_contact_at=shown.ago(60)),
            shown.instance("other", last_contact_at=shown.ago(40)),
        ),
    )
    line = why(away, None, None)
    assert line == "its sidecar has not reported for a while, last heard of 22:12:40"


def test_a_service_without_instances_says_so() -> None:
    gone = shown.service(
        health=Health.UNKNOWN, reason=HealthReason.NO_INSTANCES, detail="no instance is live"
    )
    assert why(gone, None, None) == "no instance is live"


def test_a_fault_in_force_is_said_before_it_made_an_incident() -> None:
    faults = (
        shown.fault(injected=3),
        shown.fault(id="f2", type="cpu"),
        shown.fault(id="f3", type="down", state=FaultState.PENDING),
    )
    assert why(service(), None, None, faults) == "cpu and latency injected, 3 affected"
    assert why(service(), None, None, faults[1:2]) == "cpu injected, nothing affected yet"
    assert why(service(), None, None, faults[2:]) == ""


def test_a_service_that_healing_leaves_alone_says_so() -> None:
    window = Maintenance(reason="new disk", until=shown.ago(-600), by="anna")
    assert why(service(maintenance=window), None, None) == "maintenance until 22:23:20: new disk"
    assert why(service(mode=Mode.CHECK), None, None) == "healing is set to check"
