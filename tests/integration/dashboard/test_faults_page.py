"""The faults' page: the list, one of them whole, and the table for spreadsheets."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tagent_contract.faults import EndReason, FaultState, FaultView, Latency
from tagent_dashboard.live import board
from tagent_dashboard.pages.faults import _csv
from tagent_dashboard.views.faults import FaultFilter
from tests.fakes import shown
from tests.fakes.dashboard import FakePlatform, install_board, open_page, refused

pytestmark = pytest.mark.integration


def over(**changes: Any) -> FaultView:
    known: dict[str, Any] = {
        "id": "f0",
        "state": FaultState.EXPIRED,
        "created_at": shown.ago(130),
        "ended_at": shown.ago(10),
        "end_reason": EndReason.TTL,
        "injected": 5,
    }
    return shown.fault(**{**known, **changes})


def platform_with(*faults: FaultView, **known: Any) -> FakePlatform:
    platform = FakePlatform(faults=list(faults), **known)
    platform.add(shown.service())
    return platform


def open_faults(platform: FakePlatform, *, role: str = "operator", **query: str) -> AppTest:
    install_board(platform, role=role)
    page = open_page("faults", **query)
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    found = (*page.header, *page.subheader, *page.markdown, *page.warning, *page.info, *page.error)
    links = [link.proto.label for link in page.get("page_link")]
    return "\n".join([*(item.value for item in found), *links]).replace("\\", "")


def linked(page: AppTest) -> list[str]:
    return [link.proto.query_string for link in page.get("page_link") if link.proto.query_string]


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def test_running_faults_stand_before_those_that_are_over() -> None:
    page = open_faults(platform_with(over(), shown.fault()))
    assert linked(page) == ["id=f1", "id=f0"]
    text = words(page)
    assert "**1 running**, 1 over" in text
    assert "ACTIVE] ends by itself in 1:55" in text
    assert "EXPIRED] 22:11:10, 2 min 10 s ago, for 2 min. Its time was over." in text
    assert "5 injected, 0 passed · by anna, without a reason" in text


def test_a_fault_that_nobody_acknowledges_stands_out() -> None:
    late = shown.fault(state=FaultState.PENDING, created_at=shown.ago(6))
    assert ":orange[:material/warning: **no acknowledgement after 5 s" in words(
        open_faults(platform_with(late))
    )


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"show": "Running"}, ["id=f1"]),
        ({"service": "demo"}, ["id=f2"]),
        ({"type": "hang"}, ["id=f2"]),
        ({"type": "crash"}, []),
    ],
)
def test_filters_in_the_address_hold(query: dict[str, str], ids: list[str]) -> None:
    faults = (shown.fault(), over(), over(id="f2", service="demo", type="hang"))
    page = open_faults(platform_with(*faults), **query)
    assert linked(page) == ids
    if not ids:
        assert "None of the 3 faults is like that." in words(page)


@pytest.mark.parametrize(
    ("faults", "query", "expected"),
    [
        ((), {}, "Nothing was ever broken on purpose."),
        ((over(),), {"show": "Running"}, "No fault is running."),
    ],
)
def test_an_empty_list_says_why(
    faults: tuple[FaultView, ...], query: dict[str, str], expected: str
) -> None:
    assert expected in words(open_faults(platform_with(*faults), **query))


def test_many_faults_are_shown_a_page_at_a_time() -> None:
    many = [over(id=f"f{n}", created_at=shown.ago(n)) for n in range(30)]
    page = open_faults(platform_with(*many), page="2")
    assert linked(page) == [f"id=f{n}" for n in range(25, 30)]


def test_a_running_fault_can_be_ended_and_does_not_ask() -> None:
    platform = platform_with(shown.fault(), over())
    page = open_faults(platform)
    assert labels(page) == ["End"]
    page.button(key="end-f1").click().run()
    assert platform.asked == [("end_fault", "f1", "")]


def test_one_that_ends_already_cannot_be_ended_again() -> None:
    assert labels(open_faults(platform_with(shown.fault(state=FaultState.ENDING)))) == []


def test_a_viewer_sees_no_button_that_would_be_refused() -> None:
    page = open_faults(platform_with(shown.fault()), role="viewer")
    assert labels(page) == []
    assert linked(page) == ["id=f1"]


def test_a_refusal_is_said_on_the_page() -> None:
    platform = platform_with(shown.fault(), refusal=refused("changed_meanwhile"))
    page = open_faults(platform)
    page.button(key="end-f1").click().run()
    assert "End Latency 2500 ms on chat-service: refused." in words(page)


def test_a_platform_that_was_never_there_is_said() -> None:
    text = words(open_faults(FakePlatform(is_down=True)))
    assert "The platform cannot be reached" in text
    assert "0 running" not in text


def test_one_fault_is_shown_whole() -> None:
    ended = shown.target(
        state=FaultState.EXPIRED,
        acked_at=shown.ago(129),
        first_affected_at=shown.ago(128),
        ended_at=shown.ago(10),
        end_reason=EndReason.TTL,
        injected=5,
        passed=2,
    )
    timeline = (shown.entry("armed", 0, "latency armed"), shown.entry("ended", 50, "ttl"))
    one = over(fault=Latency(reason="game day"), targets=(ended,), timeline=timeline, incident="i1")
    page = open_faults(platform_with(one), id="f0")
    text = words(page)
    assert "Latency 2500 ms on chat-service" in text
    assert "**game day**" in text
    assert "instance: a bug that a restart cures" in text
    targets, told = (table.value for table in page.table)
    assert list(targets["Injected"]) == [5]
    assert list(targets["Passed"]) == [2]
    assert targets["End"][0].replace("\\", "") == "22:13:10: Its time was over"
    assert list(told["What happened"]) == ["latency armed", "ttl"]
    assert {"name=chat-service", "id=i1", "service=chat-service"} <= set(linked(page))
    assert labels(page) == []


def test_one_that_runs_is_as_fresh_as_the_snapshot_and_can_be_ended() -> None:
    platform = platform_with(shown.fault())
    page = open_faults(platform, id="f1")
    platform.faults = [shown.fault(injected=99)]
    board.installed().poller.poll()
    page.run()
    assert "99 injected, 0 passed" in words(page)
    page.button(key="end-f1").click().run()
    assert platform.asked == [("end_fault", "f1", "")]


def test_one_that_is_late_says_what_to_do() -> None:
    late = shown.fault(state=FaultState.PENDING, created_at=shown.ago(6))
    assert "No sidecar has said yet" in words(open_faults(platform_with(late), id="f1"))


def test_an_id_that_is_not_known_is_said() -> None:
    assert "There is no fault nope." in words(open_faults(platform_with(), id="nope"))


def test_the_table_for_spreadsheets_holds_what_the_filters_ask_for() -> None:
    hostile = over(id="f2", fault=Latency(reason="=1+1"))
    install_board(platform_with(shown.fault(), hostile, over(service="demo")))
    made = _csv(FaultFilter(service="chat-service"))
    assert made.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(made.decode("utf-8-sig"))))
    assert [row["id"] for row in rows] == ["f1", "f2"]
    assert rows[1]["reason"] == "'=1+1"


def test_foreign_text_is_text() -> None:
    hostile = "<img src=x onerror=alert(1)> **b** http://evil.example"
    one = shown.fault(service=hostile, created_by=hostile, fault=Latency(reason=hostile))
    for query in ({}, {"id": "f1"}):
        page = open_faults(platform_with(one), **query)
        for item in (*page.header, *page.markdown):
            assert "<img" not in item.value
            assert "http://" not in item.value.replace("\\", "")
