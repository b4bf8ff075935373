from __future__ import annotations

from typing import Any

import pytest

from tagent_contract.events import Event, EventType
from tagent_dashboard.views.events import (
    PLATFORM,
    TONES,
    EventFilter,
    Log,
    Page,
    found_text,
    look,
    newest,
    page,
    rows,
    type_choices,
    type_label,
)


def event(number: int = 1, **changes: Any) -> Event:
    known: dict[str, Any] = {
        "cursor": f"c{number}",
        "sequence": number,
        "service": "chat",
        "at": "2026-01-31T09:30:00.125Z",
        "type": "fault.armed",
        "text": f"number {number}",
        "actor": "ada",
    }
    return Event(**{**known, **changes})


def events(*numbers: int, **changes: Any) -> tuple[Event, ...]:
    return tuple(event(number, **changes) for number in numbers)


def numbers(found: Any) -> list[int]:
    return [each.sequence for each in found.events]


# --- what is asked for ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        (EventFilter(), True),
        (EventFilter(service="chat"), True),
        (EventFilter(service="cha"), False),
        (EventFilter(service=PLATFORM), False),
        (EventFilter(type_prefix="fault."), True),
        (EventFilter(type_prefix="incident."), False),
        (EventFilter(actor="ada"), True),
        (EventFilter(actor="bob"), False),
        (EventFilter(words="GAME i-7"), True),
        (EventFilter(words="game i-8"), False),
    ],
)
def test_filters_ask_for_service_type_actor_and_words(asked: EventFilter, is_found: bool) -> None:
    assert asked.matches(event(incident="i-7", data={"why": "Game day"})) is is_found


def test_what_concerns_the_whole_platform_can_be_asked_for() -> None:
    assert EventFilter(service=PLATFORM).matches(event(service=""))


def test_each_type_can_be_asked_for_alone_and_with_its_like() -> None:
    choices = type_choices()
    assert set(choices) >= {kind.value for kind in EventType}
    assert {"fault.", "incident."} <= set(choices)
    assert type_label("fault.") == "fault.*"
    assert type_label("fault.armed") == "fault.armed"
    assert len(set(choices)) == len(choices)


# --- what is found ----------------------------------------------------------------------------------------


def test_the_newest_are_those_followed_and_what_was_before_them() -> None:
    found = newest(events(9, 8), Page(events(8, 7, 6), "c6"), EventFilter(), 10)
    assert numbers(found) == [9, 8, 7, 6]
    assert found.older == "c6"


def test_a_page_that_is_full_goes_on_where_it_was_cut() -> None:
    found = newest(events(9, 8, 7), Page(events(9, 8), "c8"), EventFilter(), 2)
    assert (numbers(found), found.older) == ([9, 8], "c8")


def test_it_goes_on_before_the_oldest_that_is_followed_if_that_is_older_than_what_was_asked() -> (
    None
):
    found = newest(events(9, 8, 7), Page(events(9, 8), "c8"), EventFilter(), 10)
    assert (numbers(found), found.older) == ([9, 8, 7], "c7")


def test_at_the_logs_beginning_there_is_nothing_older() -> None:
    assert newest(events(2, 1), Page(events(2, 1)), EventFilter(), 10).older is None
    assert newest((), Page(), EventFilter(), 10).older is None


def test_the_filter_leaves_out_what_is_followed_but_not_asked_for() -> None:
    tail = (event(9), event(8, service="demo"), event(7))
    found = newest(tail, Page(events(7, 3), None), EventFilter(service="chat"), 10)
    assert numbers(found) == [9, 7, 3]


def test_words_that_are_not_found_leave_the_way_further_back() -> None:
    found = page(Page(events(5, 4), "c4"), EventFilter(words="nowhere"), 10)
    assert (numbers(found), found.older, found.searched) == ([], "c4", 2)


def test_how_much_was_found_is_said() -> None:
    one = page(Page(events(5)), EventFilter(), 10)
    assert found_text(one, EventFilter()) == "1 event"
    asked = EventFilter(words="number 5")
    found = page(Page(events(5, 4, 3)), asked, 10)
    assert found_text(found, asked) == "1 event found among the 3 searched"


def test_what_was_worked_out_is_kept_until_there_is_something_new() -> None:
    tail, fill = events(9, 8), Page(events(8, 7), "c7")
    first = look(Log(tail, fill), EventFilter(), 10)
    assert numbers(first.found) == [9, 8, 7]
    assert [row.text for row in first.rows] == ["number 9", "number 8", "number 7"]
    assert look(Log(tail, fill), EventFilter(), 10) is first
    assert look(Log(tail, fill), EventFilter(words="9"), 10) is not first
    newer = look(Log(events(10, *range(9, 7, -1)), fill), EventFilter(), 10)
    assert numbers(newer.found) == [10, 9, 8, 7]
    older = look(Log(tail, fill, before="c9"), EventFilter(), 10)
    assert numbers(older.found) == [8, 7]


# --- how it is shown --------------------------------------------------------------------------------------


def test_each_type_has_its_tone() -> None:
    assert set(TONES) == set(EventType)
    assert set(TONES.values()) <= {"", "good", "busy", "warn", "bad"}


@pytest.mark.parametrize(
    ("to", "tone"),
    [
        ("UNHEALTHY", "bad"),
        ("OFFLINE", "bad"),
        ("DEGRADED", "warn"),
        ("HEALTHY", "good"),
        ("?", ""),
    ],
)
def test_a_change_of_health_is_as_grave_as_what_it_leads_to(to: str, tone: str) -> None:
    (row,) = rows([event(type="service.health_changed", data={"to": to})])
    assert row.tone == tone


def test_each_tone_has_a_shape_of_its_own() -> None:
    kinds = ("fault.armed", "halt.set", "process.back", "token.minted", "incident.decided")
    shapes = {row.tone: row.shape for row in rows([event(type=kind) for kind in kinds])}
    assert len(set(shapes.values())) == len(shapes) == 4


def test_a_row_leads_to_what_it_is_about() -> None:
    (row,) = rows([event(fault="f1", incident="i1")])
    assert [(link.page, link.query) for link in row.links] == [
        ("service", {"name": "chat"}),
        ("incidents", {"id": "i1"}),
        ("faults", {"id": "f1"}),
    ]
    (alone,) = rows([event(service="")])
    assert alone.links == ()


def test_an_event_about_a_run_leads_to_the_run() -> None:
    (row,) = rows([event(type="run.ended", service="", data={"run": "r7"})])
    (link,) = row.links
    assert (link.label, link.page, link.query) == ("run r7", "experiments", {"run": "r7"})
    (other,) = rows([event(data={"run": "r7"})])
    assert [each.page for each in other.links] == ["service"]


@pytest.mark.parametrize(
    ("verdict", "tone"),
    [("passed", "good"), ("deviated", "bad"), ("inconclusive", "warn"), ("aborted", ""), ("?", "")],
)
def test_the_end_of_a_run_is_as_grave_as_what_it_says(verdict: str, tone: str) -> None:
    (row,) = rows([event(type="run.ended", data={"verdict": verdict})])
    assert row.tone == tone


def test_a_row_says_when_who_and_why_once() -> None:
    data = {"why": "game day", "ttl_s": 120, "detail": "", "until": None}
    (row,) = rows([event(data=data, instance="chat-1")])
    assert (row.day, row.at, row.actor, row.why) == ("2026-01-31", "09:30:00", "ada", "game day")
    assert dict(row.more) == {
        "at": "2026-01-31T09:30:00.125Z",
        "number within the service": "1",
        "instance": "chat-1",
        "ttl s": "120",
    }
    (told,) = rows([event(text="halted: game day", data={"why": "game day"})])
    assert told.why == ""


def test_what_nobody_should_miss_is_written_out() -> None:
    (row,) = rows([event(text="a\u202eb", actor="x\ny", service="s\u200bt", data={"k": "\x07"})])
    assert (row.text, row.actor) == ("a\\u202eb", "x y")
    assert row.links[0].label == "s\\u200bt"
    assert row.links[0].query == {"name": "s\u200bt"}
    assert dict(row.more)["k"] == "\\u0007"


def test_a_type_that_is_not_known_here_is_shown_all_the_same() -> None:
    (row,) = rows([event(type="robot.dreamt")])
    assert (row.type, row.tone) == ("robot.dreamt", "")
