"""The fleet's page: what it shows in each state, and what a person can do there."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tagent_contract.faults import FaultState
from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import IncidentState
from tagent_contract.services import Halt
from tagent_dashboard.live import board
from tests.fakes import shown
from tests.fakes.dashboard import (
    FakePlatform,
    component_data,
    install_board,
    open_page,
    refused,
    trigger,
)

pytestmark = pytest.mark.integration

CARDS = "tagent_fleet_cards"
THREE = ("chat", "demo", "summary")


def platform_with(*names: str, **known: Any) -> FakePlatform:
    platform = FakePlatform(**known)
    platform.add(*(shown.service(name) for name in names))
    return platform


def open_fleet(platform: FakePlatform, *, role: str = "operator", **query: str) -> AppTest:
    install_board(platform, role=role)
    page = open_page(**query)
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    found = (*page.title, *page.header, *page.markdown, *page.warning, *page.info, *page.error)
    return "\n".join(item.value.replace("\\", "") for item in found)


def press(page: AppTest, key: str) -> AppTest:
    page.button(key=key).click().run()
    assert not page.exception
    return page


def cards(page: AppTest) -> list[dict[str, Any]]:
    """Return what the cards say, in their order."""
    faces: list[dict[str, Any]] = component_data(page, CARDS)["faces"]
    return faces


def ask_on_card(page: AppTest, service: str, what: str) -> AppTest:
    """Press a button of a service's card."""
    trigger(page, CARDS, wish={"what": what, "service": service})
    assert not page.exception
    return page


def dialogs(page: AppTest) -> list[str]:
    """Return the titles of the dialogs that are open."""
    found: list[str] = []

    def look(node: Any) -> None:
        for child in getattr(node, "children", {}).values():
            if getattr(child, "type", "") == "dialog":
                found.append(child.proto.dialog.title)
            look(child)

    look(page._tree)
    return found


def listed(page: AppTest) -> list[str]:
    return list(page.dataframe[0].value["name"])


def choose(page: AppTest, *rows: int) -> AppTest:
    page.session_state[page.dataframe[0].key] = {"selection": {"rows": list(rows)}}
    page.run()
    assert not page.exception
    return page


# What it shows


def test_each_of_a_few_services_has_a_card_and_a_row() -> None:
    page = open_fleet(platform_with(*THREE))

    assert "3 healthy" in words(page)
    assert "No fault is in force." in words(page)
    assert listed(page) == list(THREE)
    assert [card["service"] for card in cards(page)] == list(THREE)
    assert component_data(page, CARDS)["may_operate"]


def test_the_buttons_are_called_what_everyone_calls_them() -> None:
    labels = {button.label for button in open_fleet(platform_with("chat")).button}
    assert {"Inject…", "Recover", "Clear faults", "Halt All"} <= labels


def test_a_viewer_sees_everything_and_no_button_that_would_be_refused() -> None:
    platform = platform_with(*THREE)
    platform.faults.append(shown.fault(service="chat"))
    page = open_fleet(platform, role="viewer")

    assert listed(page) == list(THREE)
    assert "latency on chat active" in words(page).replace("*", "")
    assert [button.label for button in page.button] == []
    assert not component_data(page, CARDS)["may_operate"]


def test_who_is_wrong_and_why_stands_first() -> None:
    platform = platform_with(*THREE)
    platform.add(
        shown.service(
            "demo",
            health=Health.UNHEALTHY,
            reason=HealthReason.EXITED,
            detail="ended with signal KILL",
        )
    )
    page = open_fleet(platform)

    worst = cards(page)[0]
    assert (worst["service"], worst["health"]) == ("demo", "UNHEALTHY")
    assert "ended with signal KILL" in worst["why"]
    assert "1 unhealthy" in words(page)


def test_a_large_fleet_shows_twelve_cards_and_says_how_many_more() -> None:
    platform = platform_with(*(f"well-{n:03d}" for n in range(200)))
    platform.add(
        *(
            shown.service(f"sick-{n:02d}", health=Health.DEGRADED, reason=HealthReason.LATENCY)
            for n in range(15)
        )
    )
    page = open_fleet(platform)

    assert len(cards(page)) == 12
    assert "and **3 more** worth a look" in words(page)
    assert len(listed(page)) == 215


def test_faults_are_counted_down_for_everyone_and_late_ones_say_so() -> None:
    platform = platform_with(*THREE)
    platform.faults += [
        shown.fault(service="chat"),
        shown.fault(
            id="f2",
            service="demo",
            type="cpu",
            state=FaultState.PENDING,
            created_at=shown.ago(6),
        ),
    ]
    text = words(open_fleet(platform)).replace("*", "")

    assert "2 faults on 2 of 3 services" in text
    assert "latency on chat active, ends in 1:55, 0 affected" in text
    assert "cpu on demo pending, no acknowledgement after 5 s" in text


def test_who_is_needed_is_said_with_the_way_to_the_incident() -> None:
    platform = platform_with("chat")
    platform.incidents.append(
        shown.incident(
            id="i7",
            service="chat",
            state=IncidentState.ESCALATED,
            summary="restarted 3 times",
            escalated_at=shown.ago(9),
        )
    )
    page = open_fleet(platform)

    assert "1 incident needs a person" in words(page)
    assert "restarted 3 times; escalated 22:13:11, 9 s ago, not taken" in words(page)


def test_without_services_it_says_how_to_attach_one() -> None:
    page = open_fleet(FakePlatform())

    assert "No service is watched yet" in words(page)
    assert "tagent attach --service" in page.code[0].value


def test_a_platform_that_was_never_there_is_named_with_what_to_do() -> None:
    page = open_fleet(FakePlatform(is_down=True))

    assert "The platform cannot be reached: nobody answers" in words(page)
    assert not page.dataframe


def test_what_was_known_stays_when_the_platform_goes_and_comes_back() -> None:
    platform = platform_with(*THREE)
    page = open_fleet(platform)
    platform.is_down = True
    platform.now += 30
    board.installed().poller.poll()
    page.run()

    assert "The platform is away since 22:13:20" in words(page)
    assert listed(page) == list(THREE)

    platform.is_down = False
    board.installed().poller.poll()
    page.run()
    assert "away" not in words(page)


def test_data_that_no_poll_renews_is_called_stale() -> None:
    platform = platform_with("chat")
    page = open_fleet(platform)
    platform.now += 6
    page.run()

    assert "The platform has not answered for 6 s" in words(page)


def test_names_and_reasons_are_text_whatever_they_hold() -> None:
    evil = '<img src=x onerror="alert(1)"> **bold** :red[x] [l](http://e)'
    platform = FakePlatform()
    platform.add(
        shown.service(evil, health=Health.UNHEALTHY, reason=HealthReason.EXITED, detail=evil)
    )
    platform.faults.append(shown.fault(service=evil))
    page = open_fleet(platform)

    for shown_text in page.markdown:
        assert "<img" not in shown_text.value
        assert ":red[x]" not in shown_text.value
        assert "**bold**" not in shown_text.value
    assert listed(page) == [evil]


# What a person can do


def test_recover_asks_nothing_and_is_seen_by_the_platform_at_once() -> None:
    platform = platform_with(*THREE)
    page = ask_on_card(open_fleet(platform), "demo", "recover")

    assert platform.asked == [("recover", "demo", "")]
    assert [toast.value.replace("\\", "") for toast in page.toast] == ["Recover demo: asked"]


def test_a_refusal_stays_until_it_is_dismissed() -> None:
    platform = platform_with("chat")
    platform.refusal = refused(detail="chat is in maintenance", until=shown.ago(-60))
    page = ask_on_card(open_fleet(platform), "chat", "recover")

    assert "Recover chat: refused." in words(page)
    assert "Chat is in maintenance. Until 22:14:20 UTC." in words(page)
    assert not page.toast

    press(page, "dismiss_refusal")
    assert "refused" not in words(page)


@pytest.mark.parametrize("what", ["latency", "error"])
def test_injecting_opens_a_dialog_and_injects_nothing_yet(what: str) -> None:
    platform = platform_with(*THREE)
    page = ask_on_card(open_fleet(platform), "chat", what)

    assert dialogs(page) == ["Inject into chat"]
    assert platform.asked == []


@pytest.mark.parametrize(
    "wish",
    [
        {"what": "recover", "service": "nobody"},
        {"what": "halt", "service": "chat"},
        {"service": "chat"},
        ["recover", "chat"],
        None,
    ],
)
def test_a_wish_that_no_card_offers_is_nothing(wish: object) -> None:
    platform = platform_with("chat")
    page = trigger(open_fleet(platform), CARDS, wish=wish)

    assert not page.exception
    assert platform.asked == []
    assert dialogs(page) == []


def test_halting_opens_a_dialog_and_releasing_is_done_at_once() -> None:
    platform = platform_with("chat")
    page = press(open_fleet(platform), "halt_all")
    assert dialogs(page) == ["Halt all"]
    assert platform.asked == []

    platform.halt = Halt(halted=True, reason="customers call", by="ben", at=shown.ago(30))
    board.installed().poller.poll()
    page.run()
    assert "Halted by ben 30 s ago, at 22:12:50: customers call." in words(page)

    press(page, "release")
    assert platform.asked == [("release", "")]
    assert "Halted" not in words(page)


def test_a_person_whose_role_was_not_known_can_act_once_the_platform_is_back() -> None:
    platform = platform_with("chat")
    page = open_fleet(platform, role="")
    assert not page.button

    assert not component_data(page, CARDS)["may_operate"]

    install_board(platform, role="operator")
    page.run()
    assert component_data(page, CARDS)["may_operate"]


# Choosing in the table


def test_the_address_says_what_the_table_shows() -> None:
    platform = platform_with("pay-eu", "pay-us", "cart")
    platform.add(shown.service("pay-us", health=Health.UNHEALTHY, reason=HealthReason.EXITED))
    page = open_fleet(platform, q="pay", status="unhealthy")

    assert page.text_input(key="q").value == "pay"
    assert listed(page) == ["pay-us"]


def test_what_is_typed_is_kept_in_the_address() -> None:
    page = open_fleet(platform_with("pay-eu", "cart"))
    page.text_input(key="q").set_value("pay").run()

    assert listed(page) == ["pay-eu"]
    assert page.query_params["q"] == "pay"

    page.text_input(key="q").set_value("").run()
    assert "q" not in page.query_params
    assert listed(page) == ["cart", "pay-eu"]


def test_a_state_that_the_address_invents_is_ignored() -> None:
    assert listed(open_fleet(platform_with("a"), status="splendid")) == ["a"]


def test_a_search_that_finds_nothing_says_so_and_can_be_changed() -> None:
    page = open_fleet(platform_with(*THREE), q="zzz")

    assert "None of the 3 services matches." in words(page)
    assert page.text_input(key="q").value == "zzz"


def test_one_that_is_chosen_is_acted_on_at_once() -> None:
    platform = platform_with(*THREE)
    page = choose(open_fleet(platform), 2)
    press(page, "recover_chosen")
    press(page, "clear_chosen")

    assert platform.asked == [("recover", "summary", ""), ("clear", "summary", "")]


@pytest.mark.parametrize(
    ("action", "title"),
    [
        ("recover_chosen", "Recover 2 services"),
        ("clear_chosen", "Clear the faults of 2 services"),
        ("inject_chosen", "Inject into 2 services"),
    ],
)
def test_several_that_are_chosen_are_asked_about(action: str, title: str) -> None:
    platform = platform_with(*THREE)
    page = press(choose(open_fleet(platform), 0, 2), action)

    assert dialogs(page) == [title]
    assert platform.asked == []


def test_what_is_chosen_stays_chosen_by_name_when_services_come_and_go() -> None:
    platform = platform_with("b", "d")
    page = choose(open_fleet(platform), 1)
    assert not page.button(key="recover_chosen").disabled

    platform.add(shown.service("a"), shown.service("c"))
    board.installed().poller.poll()
    page.run()
    press(page, "recover_chosen")
    assert platform.asked == [("recover", "d", "")]

    del platform.services["d"]
    board.installed().poller.poll()
    page.run()
    assert page.button(key="recover_chosen").disabled


def test_what_a_search_hides_is_not_acted_on() -> None:
    platform = platform_with("a", "b", "c")
    page = choose(open_fleet(platform), 0, 1)
    page.text_input(key="q").set_value("b").run()
    press(page, "recover_chosen")

    assert platform.asked == [("recover", "b", "")]


def test_the_numbers_in_the_table_are_new_while_what_is_chosen_stays() -> None:
    platform = platform_with("a", "b")
    page = choose(open_fleet(platform), 1)
    platform.add(shown.service("a", health=Health.DEGRADED, reason=HealthReason.LATENCY))
    board.installed().poller.poll()
    page.run()

    assert list(page.dataframe[0].value["status"]) == ["▲ DEGRADED", "● HEALTHY"]
    press(page, "clear_chosen")
    assert platform.asked == [("clear", "b", "")]
