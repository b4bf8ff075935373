"""The incidents' page: the list, and one of them whole."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tagent_contract.events import Event
from tagent_contract.incidents import (
    AttemptView,
    HeldBack,
    IncidentState,
    IncidentView,
    Outcome,
    Refusal,
    Remedy,
    Severity,
)
from tagent_dashboard.live import board
from tests.fakes import shown
from tests.fakes.dashboard import (
    FakePlatform,
    component_data,
    install_board,
    open_page,
    refused,
)

pytestmark = pytest.mark.integration


def still_open(**changes: Any) -> IncidentView:
    known = {"id": "i9", "state": IncidentState.OPEN, "mttr_s": None, "resolved_at": None}
    return shown.incident(**{**known, **changes})


def resolved(**changes: Any) -> IncidentView:
    return shown.incident(**{"resolved_at": shown.ago(47), **changes})


def platform_with(*incidents: IncidentView, **known: Any) -> FakePlatform:
    platform = FakePlatform(incidents=list(incidents), **known)
    platform.add(shown.service())
    return platform


def open_incidents(platform: FakePlatform, *, role: str = "operator", **query: str) -> AppTest:
    install_board(platform, role=role)
    page = open_page("incidents", **query)
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    """Return what can be read on the page, with what links say."""
    found = (
        *page.header,
        *page.subheader,
        *page.markdown,
        *page.warning,
        *page.info,
        *page.error,
        *page.code,
    )
    links = [link.proto.label for link in page.get("page_link")]
    return "\n".join([*(item.value for item in found), *links]).replace("\\", "")


def linked(page: AppTest) -> list[str]:
    return [link.proto.query_string for link in page.get("page_link") if link.proto.query_string]


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


# --- the list ---------------------------------------------------------------------------------------------


def test_open_incidents_stand_before_those_that_are_over() -> None:
    page = open_incidents(platform_with(resolved(), still_open()))
    assert linked(page) == ["id=i9", "id=i1"]
    assert "**1 open**, 1 resolved" in words(page)


def test_each_says_its_state_severity_cause_and_how_long_it_took() -> None:
    text = words(open_incidents(platform_with(resolved())))
    for word in ("RESOLVED", "critical", "injected", "MTTD 380 ms", "MTTR 13 s"):
        assert word in text, word
    assert "**chat-service: it was sick**" in text


def test_what_is_held_back_says_until_when() -> None:
    held = HeldBack(reason=Refusal.BACK_OFF, until=shown.ago(-8), text="restart 2 waits")
    text = words(open_incidents(platform_with(still_open(held_back=held))))
    assert "Restart 2 waits. Held until 22:13:28 UTC (in 8 s)." in text


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ({"state": "Open"}, ["id=i9"]),
        ({"service": "demo"}, ["id=i2"]),
        ({"severity": "warning"}, ["id=i1"]),
        ({"severity": "info"}, []),
    ],
)
def test_filters_in_the_address_hold(query: dict[str, str], ids: list[str]) -> None:
    page = open_incidents(
        platform_with(
            still_open(),
            resolved(id="i2", service="demo"),
            resolved(severity=Severity.WARNING, opened_at=shown.ago(600)),
        ),
        **query,
    )
    assert linked(page) == ids
    if not ids:
        assert "None of the 3 incidents is like that." in words(page)


def test_a_chosen_filter_holds() -> None:
    page = open_incidents(platform_with(resolved()))
    page.selectbox(key="severity").select("info").run()
    assert linked(page) == []
    page.selectbox(key="severity").select("critical").run()
    assert linked(page) == ["id=i1"]


def test_a_service_that_is_gone_can_still_be_asked_for_by_its_address() -> None:
    page = open_incidents(platform_with(resolved(service="gone")), service="gone")
    assert linked(page) == ["id=i1"]


@pytest.mark.parametrize(
    ("incidents", "query", "expected"),
    [
        ((), {}, "No incident yet."),
        ((resolved(),), {"state": "Open"}, "No incident is open."),
    ],
)
def test_an_empty_list_says_why(
    incidents: tuple[IncidentView, ...], query: dict[str, str], expected: str
) -> None:
    assert expected in words(open_incidents(platform_with(*incidents), **query))


def test_many_incidents_are_shown_a_page_at_a_time() -> None:
    many = [resolved(id=f"i{n}", opened_at=shown.ago(n)) for n in range(60)]
    page = open_incidents(platform_with(*many))
    assert linked(page) == [f"id=i{n}" for n in range(25)]
    assert page.button(key="page_newer").disabled
    page.button(key="page_older").click().run()
    assert linked(page)[0] == "id=i25"
    assert "26 to 50 of 60 incidents" in words(page)
    page.button(key="page_older").click().run()
    assert page.button(key="page_older").disabled
    page.button(key="page_newer").click().run()
    page.button(key="page_newer").click().run()
    assert "page" not in page.query_params


def test_an_address_names_a_page_and_another_filter_begins_at_the_first() -> None:
    many = [resolved(id=f"i{n}", opened_at=shown.ago(n)) for n in range(60)]
    page = open_incidents(platform_with(*many), page="3")
    assert linked(page)[0] == "id=i50"
    page.selectbox(key="severity").select("critical").run()
    assert linked(page)[0] == "id=i0"
    assert linked(open_incidents(platform_with(*many), page="x"))[0] == "id=i0"


def test_a_platform_that_is_away_is_said_and_what_was_known_stays() -> None:
    platform = platform_with(resolved())
    page = open_incidents(platform)
    platform.is_down = True
    platform.now += 20
    board.installed().poller.poll()
    page.run()
    assert linked(page) == ["id=i1"]
    assert "The platform is away since 22:13:20" in words(page)


def test_a_platform_that_was_never_there_is_said() -> None:
    text = words(open_incidents(FakePlatform(is_down=True)))
    assert "The platform cannot be reached: nobody answers" in text
    assert text.count("nobody answers") == 1
    assert "0 open" not in text


# --- one incident -----------------------------------------------------------------------------------------

HELD = shown.entry("held_back", 4, "restart 2 waits")
WHOLE = still_open(
    state=IncidentState.ESCALATED,
    escalated_at=shown.ago(5),
    held_back=HeldBack(reason=Refusal.INTENSITY, text="3 restarts did not cure it"),
    faults=("f1", "f0"),
    instances=("chat-1",),
    timeline=(shown.entry("detected", 3, "too slow"), HELD, shown.entry("note", 9, "ada: seen")),
    attempts=(
        AttemptView(
            id="i9-1",
            number=1,
            remedy=Remedy.RESTART_INSTANCE,
            instance="chat-1",
            decided_at=shown.ago(50),
            by="healing",
            outcome=Outcome.STILL_SICK,
            ended_at=shown.ago(38),
            detail="it fell back",
        ),
    ),
)


def whole(**known: Any) -> FakePlatform:
    event = Event(
        cursor="c1",
        sequence=1,
        service="chat-service",
        at=HELD.at,
        type="incident.held_back",
        text=HELD.text,
        incident="i9",
        data={"reason": "back_off", "until": shown.NOW},
    )
    return platform_with(WHOLE, faults=[shown.fault()], events=[event], **known)


def tables(page: AppTest) -> list[dict[str, list[str]]]:
    return [
        {
            str(name): [str(cell).replace("\\", "") for cell in table.value[name]]
            for name in table.value.columns
        }
        for table in page.table
    ]


def test_it_says_that_a_person_is_needed_and_why() -> None:
    page = open_incidents(whole(), id="i9")
    assert "**A person is needed, since 22:13:15 (5 s ago).** 3 restarts did not cure it." in words(
        page
    )
    assert "Find the cause; Recover restarts it once more" in words(page)


def test_it_is_drawn_and_told() -> None:
    page = open_incidents(whole(), id="i9")
    (drawn,) = component_data(page, "tagent_live_plot")["panels"]
    assert "22:12:23 detected; 22:12:24 held back; 22:12:29 note" in drawn["description"]
    lanes = drawn["figure"]["layout"]["yaxis"]["categoryarray"]
    assert lanes == ["Fault: latency", "Effect", "Detection", "Attempts", "Verification", "People"]
    timeline, attempts = tables(page)
    assert timeline["What happened"] == ["too slow", "restart 2 waits", "ada: seen"]
    assert attempts["Outcome"] == ["still sick"]
    assert attempts["Detail"] == ["it fell back"]


def test_of_a_long_timeline_the_end_is_shown_and_the_rest_on_demand() -> None:
    long = tuple(shown.entry("note", n / 10, f"number {n}") for n in range(100))
    page = open_incidents(platform_with(still_open(timeline=long)), id="i9")
    assert len(tables(page)[0]["What happened"]) == 60
    assert tables(page)[0]["What happened"][-1] == "number 99"
    page.toggle(key="whole_timeline").set_value(True).run()
    assert len(tables(page)[0]["What happened"]) == 100


def test_a_decision_comes_with_its_reason_in_words_and_until_when() -> None:
    text = words(open_incidents(whole(), id="i9"))
    assert "22:12:24 **held back** restart 2 waits. Until 22:13:20 UTC." in text
    assert "It was restarted a short while ago, and the next restart waits." in text


def test_it_leads_to_its_service_and_faults() -> None:
    page = open_incidents(whole(), id="i9")
    assert {"name=chat-service", "id=f1", "service=chat-service"} <= set(linked(page))
    assert "1 of its 2 faults are too long ago to be known still." in words(page)


def test_it_can_be_copied_as_markdown() -> None:
    page = open_incidents(whole(), id="i9")
    (copied,) = page.code
    assert copied.value.startswith("# chat-service: it was sick\n")
    assert "## Follow-ups" in copied.value


def test_an_id_that_is_not_known_is_said() -> None:
    page = open_incidents(platform_with(), id="<b>nope</b>")
    assert "There is no incident &lt;b&gt;nope&lt;/b&gt;." in words(page)
    assert labels(page) == []


def test_acknowledging_it_makes_it_ones_own() -> None:
    platform = whole()
    page = open_incidents(platform, id="i9")
    page.button(key="acknowledge").click().run()
    assert platform.asked == [("acknowledge", "i9")]
    platform.incidents = [still_open(acknowledged_by="anna", acknowledged_at=shown.ago(1))]
    board.installed().answers.forget(("incident", "i9"))
    page.run()
    assert "Acknowledge" not in labels(page)
    assert "**anna, 1 s ago**" in words(page)


def test_somebody_elses_incident_can_be_taken_over() -> None:
    page = open_incidents(platform_with(still_open(acknowledged_by="ada")), id="i9")
    assert "Acknowledge" in labels(page)


def test_a_note_is_written() -> None:
    platform = whole()
    page = open_incidents(platform, id="i9")
    page.text_area(key="note_text").input("the disk was **full**")
    page.button(key="FormSubmitter:note_form-Write the note").click().run()
    assert platform.asked == [("note", "i9", "the disk was **full**")]


def test_an_empty_note_is_none() -> None:
    platform = whole()
    page = open_incidents(platform, id="i9")
    page.text_area(key="note_text").input("  ")
    page.button(key="FormSubmitter:note_form-Write the note").click().run()
    assert platform.asked == []


def test_closing_it_takes_a_reason_along() -> None:
    platform = whole()
    page = open_incidents(platform, id="i9")
    assert "Close the incident of **chat-service** by your word?" in words(page)
    page.text_input(key="close_reason").input("drill over")
    page.button(key="FormSubmitter:close_form-Close the incident").click().run()
    assert platform.asked == [("close_incident", "i9", "drill over")]


def test_recover_is_at_hand_where_healing_asks_for_it() -> None:
    platform = whole()
    open_incidents(platform, id="i9").button(key="recover").click().run()
    assert platform.asked == [("recover", "chat-service", "")]


def test_what_is_over_can_be_written_about_and_nothing_else() -> None:
    page = open_incidents(platform_with(resolved()), id="i1")
    assert labels(page) == ["Write the note"]


def test_an_incident_of_the_whole_fleet_has_no_service_to_recover() -> None:
    page = open_incidents(platform_with(still_open(service="")), id="i9")
    assert "Recover" not in labels(page)
    assert "The fleet: it was sick" in words(page)


def test_a_viewer_sees_no_button_that_would_be_refused() -> None:
    page = open_incidents(whole(), role="viewer", id="i9")
    assert labels(page) == []
    assert "too slow" in str(tables(page))


def test_a_refusal_is_said_on_the_page() -> None:
    problem = refused("incident_ended", detail="incident i9 is resolved")
    page = open_incidents(whole(refusal=problem), id="i9")
    page.button(key="acknowledge").click().run()
    assert "Acknowledge the incident of chat-service: refused.** Incident i9 is resolved." in words(
        page
    )


def test_foreign_text_is_text() -> None:
    name, hostile = "**x** :red[y]", "<img src=x onerror=alert(1)> http://evil.example"
    one = still_open(service=name, summary=hostile, timeline=(shown.entry("note", 1, hostile),))
    page = open_incidents(platform_with(one), id="i9")
    for item in (*page.header, *page.markdown):
        assert "<img" not in item.value
        assert "http://" not in item.value.replace("\\", "")
        assert "**x**" not in item.value
    (timeline,) = page.table
    assert "<img" not in str(timeline.value.to_dict())
