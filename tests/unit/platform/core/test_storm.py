"""When many services fall sick together."""

from __future__ import annotations

import pytest

from tagent_contract.incidents import Cause, IncidentState, Refusal, Severity
from tagent_platform.core.storm import Pulse, StormNumbers, begin, finish, is_possible, struck
from tests.fakes.clinic import NOW

NUMBERS = StormNumbers()


def pulses(
    down: int, total: int, *, since: float = NOW - 1, is_organic: bool = True
) -> list[Pulse]:
    return [Pulse(f"s{n:02d}", n < down, since, is_organic) for n in range(total)]


@pytest.mark.parametrize(
    ("down", "total", "is_storm"),
    [
        (5, 8, True),
        (5, 9, True),
        (5, 10, False),
        (6, 10, True),
        (4, 4, False),
        (4, 7, False),
        (5, 5, True),
        (0, 0, False),
    ],
)
def test_at_least_five_and_more_than_half(down: int, total: int, is_storm: bool) -> None:
    assert bool(struck(pulses(down, total), NUMBERS, NOW, is_ongoing=False)) is is_storm


def test_sickness_by_known_faults_is_no_storm() -> None:
    assert struck(pulses(8, 8, is_organic=False), NUMBERS, NOW, is_ongoing=False) == ()


def test_what_fell_sick_long_ago_starts_no_storm_but_keeps_one_going() -> None:
    old = pulses(5, 8, since=NOW - 61)
    assert struck(old, NUMBERS, NOW, is_ongoing=False) == ()
    assert struck(old, NUMBERS, NOW, is_ongoing=True) == ("s00", "s01", "s02", "s03", "s04")


def test_a_storm_ends_below_its_threshold() -> None:
    assert struck(pulses(4, 8), NUMBERS, NOW, is_ongoing=True) == ()


def test_few_services_make_no_storm() -> None:
    assert not is_possible(4, NUMBERS)
    assert is_possible(5, NUMBERS)


def test_a_storm_calls_one_person_for_all() -> None:
    names = [f"s{n:02d}" for n in range(12)]
    record, step = begin(names, 20, incident_id="i9", now=NOW)
    assert (record.incident, record.services, record.since) == ("i9", tuple(names), NOW)
    incident = step.incident
    assert (incident.service, incident.state, incident.severity, incident.cause) == (
        "",
        IncidentState.ESCALATED,
        Severity.CRITICAL,
        Cause.ORGANIC,
    )
    assert incident.held_back is not None
    assert incident.held_back.reason is Refusal.STORM
    assert "12 of 20 services" in incident.summary
    assert incident.summary.endswith("s09 and 2 more")
    assert [h.type for h in step.happenings] == ["incident.opened", "incident.escalated"]


def test_a_finished_storm_is_resolved_once() -> None:
    _, step = begin(["a", "b"], 3, incident_id="i9", now=NOW)
    over = finish(step.incident, NOW + 5)
    assert over.incident.state is IncidentState.RESOLVED
    again = finish(over.incident, NOW + 6)
    assert again.incident is over.incident
    assert again.happenings == ()
