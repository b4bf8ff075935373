"""The events' page: the audit log, as it happens and back to its beginning."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tagent_contract.events import Event
from tagent_dashboard.live import board
from tests.fakes import shown
from tests.fakes.dashboard import (
    FakeClient,
    FakePlatform,
    component_data,
    install_board,
    open_page,
)

pytestmark = pytest.mark.integration


def event(number: int, **changes: Any) -> Event:
    known: dict[str, Any] = {
        "cursor": f"c{number}",
        "sequence": number,
        "service": "chat-service",
        "at": shown.ago(1000 - number),
        "type": "fault.armed",
        "text": f"number {number}",
        "actor": "ada",
    }
    return Event(**{**known, **changes})


def platform_with(*events: Event, **known: Any) -> FakePlatform:
    platform = FakePlatform(events=list(events), **known)
    platform.add(shown.service())
    return platform


def open_events(platform: FakePlatform, **query: str) -> AppTest:
    install_board(platform, role="viewer")
    page = open_page("events", **query)
    assert not page.exception
    return page


def rows(page: AppTest) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = component_data(page, "tagent_event_log")["rows"]
    return found


def texts(page: AppTest) -> list[str]:
    return [row["text"] for row in rows(page)]


def words(page: AppTest) -> str:
    found = (*page.markdown, *page.warning, *page.info)
    return "\n".join(item.value for item in found).replace("\\", "")


def test_the_newest_stand_at_the_top_with_who_did_them() -> None:
    page = open_events(platform_with(event(1), event(2, data={"why": "game day"}, fault="f1")))
    first, _second = rows(page)
    assert (first["text"], first["actor"], first["why"]) == ("number 2", "ada", "game day")
    assert first["links"][1] == {"label": "fault f1", "page": "faults", "query": {"id": "f1"}}
    assert "**2 events**" in words(page)


def test_what_is_followed_appears_without_asking_the_platform() -> None:
    platform = platform_with(event(1))
    page = open_events(platform)
    platform.events.append(event(2))
    board.installed().events.read_latest(FakeClient(platform))  # type: ignore[arg-type] # as far as it goes
    platform.is_down = True
    page.run()
    assert texts(page) == ["number 2", "number 1"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"service": "chat-service"}, ["number 3", "number 1"]),
        ({"service": "(platform)"}, ["number 2"]),
        ({"type": "halt.*"}, ["number 2"]),
        ({"actor": "bob"}, ["number 3"]),
        ({"q": "NUMBER 3"}, ["number 3"]),
        ({"q": "nowhere"}, []),
    ],
)
def test_filters_in_the_address_hold(query: dict[str, str], expected: list[str]) -> None:
    page = open_events(
        platform_with(
            event(1),
            event(2, service="", type="halt.set"),
            event(3, actor="bob"),
            event(4, service="x"),
        ),
        **query,
    )
    assert texts(page) == expected
    if not expected:
        assert "No event is like that among those searched." in words(page)


def test_a_rare_kind_is_found_though_it_was_long_ago() -> None:
    many = [event(1, type="token.minted"), *(event(n) for n in range(2, 900))]
    assert texts(open_events(platform_with(*many), type="token.minted")) == ["number 1"]


def test_older_events_come_on_demand_and_the_address_names_them() -> None:
    platform = platform_with(*(event(n) for n in range(1, 251)))
    page = open_events(platform)
    assert texts(page)[0] == "number 250"
    assert len(rows(page)) == 100
    assert page.button(key="newest").disabled
    page.button(key="older").click().run()
    assert texts(page)[0] == "number 150"
    assert not page.toggle
    page.button(key="older").click().run()
    assert texts(page) == [f"number {n}" for n in range(50, 0, -1)]
    assert page.button(key="older").disabled
    page.button(key="newest").click().run()
    assert texts(page)[0] == "number 250"
    assert page.toggle(key="follow").value


def test_a_page_of_the_past_can_be_shared() -> None:
    platform = platform_with(*(event(n) for n in range(1, 20)))
    assert texts(open_events(platform, before="c4")) == ["number 3", "number 2", "number 1"]


def test_following_is_a_choice() -> None:
    assert not open_events(platform_with(event(1)), follow="false").toggle(key="follow").value


def test_an_empty_log_says_so() -> None:
    assert "Nothing has happened yet." in words(open_events(platform_with()))


def test_a_platform_that_was_never_there_is_said() -> None:
    text = words(open_events(FakePlatform(is_down=True)))
    assert "The platform cannot be reached" in text
    assert "0 events" not in text


def test_a_page_of_the_past_that_is_no_more_leads_to_the_newest() -> None:
    platform = platform_with(event(1))
    made = install_board(platform)
    platform.is_down = True
    page = open_page("events", before="c9")
    assert "Nothing is known yet: nobody answers" in words(page)
    platform.is_down = False
    made.answers.forget(("events", None, "", "", "", 100))
    page.button(key="newest").click().run()
    assert texts(page) == ["number 1"]


def test_foreign_text_goes_to_the_browser_as_data_and_nowhere_else() -> None:
    hostile = "<img src=x onerror=alert(1)> **b**"
    page = open_events(platform_with(event(1, text=hostile, actor=hostile, service=hostile)))
    assert texts(page) == [hostile]
    assert "<img" not in words(page)
