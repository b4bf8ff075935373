"""The page of one service: what it shows, and what a person can do there."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tagent_contract.faults import FAULT_KINDS, EndReason, FaultState
from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import HeldBack, IncidentState, Refusal
from tagent_contract.services import FaultBrief, LogEntry, Maintenance, SeriesPoint, ServiceView
from tagent_dashboard.live import board
from tests.fakes import shown
from tests.fakes.dashboard import FakePlatform, install_board, open_page, refused

pytestmark = pytest.mark.integration


def chat(**changes: Any) -> ServiceView:
    able = tuple(FAULT_KINDS)
    known = {"instances": (shown.instance("chat-1", capabilities=able),)}
    return shown.service("chat-service", **{**known, **changes})


def platform_with(*services: ServiceView, **known: Any) -> FakePlatform:
    platform = FakePlatform(**known)
    platform.add(*(services or (chat(),)))
    return platform


def open_service(platform: FakePlatform, *, role: str = "operator", **query: str) -> AppTest:
    install_board(platform, role=role)
    page = open_page("service", **{"name": "chat-service", **query})
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    found = (*page.header, *page.subheader, *page.markdown, *page.warning, *page.info, *page.error)
    return "\n".join(item.value.replace("\\", "") for item in found)


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def test_it_says_how_the_service_is_and_since_when() -> None:
    text = words(open_service(platform_with()))
    assert "chat-service" in text
    assert "HEALTHY" in text
    assert "since 22:13:08 UTC, 12 s ago · healing acts by itself" in text


def test_what_is_wrong_comes_with_what_to_do() -> None:
    sick = chat(
        health=Health.DEGRADED, reason=HealthReason.LATENCY, detail="p95 2512 ms over the limit"
    )
    text = words(open_service(platform_with(sick)))
    assert "p95 2512 ms over the limit" in text
    assert "It answers too slowly." in text


def test_its_incident_says_why_healing_waits() -> None:
    held = HeldBack(reason=Refusal.FAULT_OBSERVED)
    incident = shown.incident(state=IncidentState.OPEN, held_back=held, summary="it was sick")
    text = words(open_service(platform_with(incidents=[incident])))
    assert "it was sick" in text
    assert "Press Recover to end the fault and restart the service." in text


def test_maintenance_is_said_and_can_be_ended() -> None:
    window = Maintenance(reason="upgrade", until=shown.ago(-600), by="anna")
    platform = platform_with(chat(maintenance=window))
    page = open_service(platform)
    assert "In maintenance by anna until 2023-11-14 22:23:20 UTC, in 10 min: upgrade." in words(
        page
    )
    page.button(key="end_maintenance").click().run()
    assert platform.asked == [("end_maintenance", "chat-service")]


def test_recover_does_not_ask() -> None:
    platform = platform_with(chat(health=Health.UNHEALTHY))
    open_service(platform).button(key="recover").click().run()
    assert platform.asked == [("recover", "chat-service", "")]


def test_a_refusal_is_said_on_the_page() -> None:
    sick = chat(health=Health.UNHEALTHY)
    problem = refused("target_locked", detail="a restart is under way")
    platform = platform_with(sick, refusal=problem)
    page = open_service(platform).button(key="recover").click().run()
    assert "Recover chat-service: refused. A restart is under way." in words(page).replace("**", "")


def test_a_viewer_sees_no_button_that_would_be_refused() -> None:
    faults = [shown.fault()]
    page = open_service(platform_with(faults=faults), role="viewer")
    assert labels(page) == []
    assert "Latency 2500 ms" in words(page)


def test_nothing_to_recover_or_clear_and_nobody_to_restart_is_no_choice() -> None:
    alone = chat(instances=(shown.instance("chat-1", supervised=False),))
    page = open_service(platform_with(alone))
    assert page.button(key="recover").disabled
    assert page.button(key="clear").disabled
    assert page.button(key="restart").disabled


def test_a_running_fault_says_how_far_it_is_and_can_be_ended() -> None:
    targets = (
        shown.target(instance="chat-1", injected=12),
        shown.target(instance="chat-2", state=FaultState.PENDING),
    )
    fault = shown.fault(targets=targets, created_at=shown.ago(6))
    platform = platform_with(faults=[fault])
    page = open_service(platform)
    text = words(page)
    assert "Latency 2500 ms" in text
    assert "ends in 1:55" in text
    assert "chat-1: active, 12 affected" in text
    assert "chat-2: pending, no acknowledgement after 5 s" in text
    page.button(key="end-f1").click().run()
    assert platform.asked == [("end_fault", "f1", "")]


def test_past_faults_are_told_with_why_they_ended() -> None:
    ended = shown.fault(
        state=FaultState.CLEARED, ended_at=shown.ago(1), end_reason=EndReason.CLEARED, injected=7
    )
    (_, table) = open_service(platform_with(faults=[ended])).dataframe
    assert list(table.value["Why it ended"]) == ["Somebody ended it."]
    assert list(table.value["State"]) == ["● CLEARED"]


def test_its_instances_are_told_with_what_they_cannot_take() -> None:
    odd = shown.instance("chat-2", health=Health.UNHEALTHY, missing={"hang": "no child"})
    table = open_service(platform_with(chat(instances=(shown.instance("chat-1"), odd))))
    (instances,) = table.dataframe
    assert list(instances.value["Instance"]) == ["chat-2", "chat-1"]
    assert instances.value["Cannot take"][0] == "hang: no child"


def line(text: str, level: str = "info") -> LogEntry:
    return LogEntry(at=shown.ago(1), instance="chat-1", stream="stdout", level=level, text=text)


HOSTILE = "<img src=x onerror=alert(1)> **bold** :red[x]"


def test_log_lines_are_text_whatever_is_in_them() -> None:
    page = open_service(platform_with(logs=[line("started"), line(HOSTILE)]))
    (code,) = page.code
    assert code.value == f"22:13:19 INFO    {HOSTILE}\n22:13:19 INFO    started"


def test_the_log_is_searched_and_narrowed_by_the_address() -> None:
    logs = [line("started"), line("it broke", "error")]
    page = open_service(platform_with(logs=logs), log="broke", level="error")
    assert [code.value for code in page.code] == ["22:13:19 ERROR   it broke"]
    page = open_service(platform_with(logs=logs), log="nowhere")
    assert "No line of these matches." in words(page)


def test_an_address_that_names_no_range_or_level_shows_the_usual_one() -> None:
    page = open_service(platform_with(logs=[line("started")]), range="bogus", level="bogus")
    assert "started" in page.code[0].value


def test_a_service_without_requests_says_so() -> None:
    points = (SeriesPoint(at=shown.ago(0), value=3.0),)
    series = {("chat-service", "outside_check_latency_ms"): points}
    assert "No requests in this time" in words(open_service(platform_with(series=series)))


def test_an_unknown_service_is_said_with_names_near_it() -> None:
    page = open_service(platform_with(), name="chat-servce")
    assert "There is no service chat-servce." in words(page)
    assert "Perhaps you mean:" in words(page)
    assert labels(page) == []


def test_without_a_name_one_can_be_chosen() -> None:
    assert "Choose one:" in words(open_service(platform_with(), name=""))


def test_a_service_that_is_forgotten_while_its_page_is_open() -> None:
    platform = platform_with()
    page = open_service(platform)
    platform.services.clear()
    board.installed().poller.poll()
    assert "There is no service chat-service." in words(page.run())


def test_a_platform_that_goes_away_leaves_what_was_known() -> None:
    platform = platform_with(logs=[line("started")])
    page = open_service(platform)
    platform.is_down = True
    platform.now += 20
    board.installed().poller.poll()
    text = words(page.run())
    assert not page.exception
    assert "The platform is away" in text
    assert "since 22:13:08 UTC" in text


def test_before_anything_is_known_it_waits() -> None:
    page = open_service(FakePlatform(is_down=True))
    assert "The platform cannot be reached" in words(page)


def test_a_hostile_name_is_text() -> None:
    name = "**x** :red[y] <img src=x onerror=alert(1)>"
    page = open_service(platform_with(shown.service(name)), name=name)
    assert "**x**" not in page.header[0].value
    assert "<img" not in page.header[0].value


def test_the_faults_of_a_service_can_be_cleared() -> None:
    brief = FaultBrief(
        id="f1", type="latency", state=FaultState.ACTIVE, expires_at=shown.ago(-60), injected=1
    )
    page = open_service(platform_with(chat(faults=(brief,)), faults=[shown.fault()]))
    assert not page.button(key="clear").disabled


def test_only_an_admin_may_forget_and_only_what_is_gone() -> None:
    gone = chat(instances=())
    assert "Forget…" in labels(open_service(platform_with(gone), role="admin"))
    assert "Forget…" not in labels(open_service(platform_with(gone)))
    assert "Forget…" not in labels(open_service(platform_with(), role="admin"))
