"""What is asked before many are hit: why, and whether these are meant."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from tests.fakes import shown
from tests.fakes.dashboard import FakePlatform, install_board, refused

pytestmark = pytest.mark.integration


def _halt_script() -> None:  # runs as a script, without this file's imports
    from tagent_dashboard.live import board
    from tagent_dashboard.widgets.actions import show_outcome
    from tagent_dashboard.widgets.halt_dialog import show_halt_form

    show_outcome()
    show_halt_form(board.installed().sessions.local_person())


def _many_script(what, services):  # type: ignore[no-untyped-def] # likewise
    from tagent_dashboard.live import board
    from tagent_dashboard.widgets import fleet_actions
    from tagent_dashboard.widgets.actions import show_outcome

    show_outcome()
    getattr(fleet_actions, what)(board.installed().sessions.local_person(), services)


def platform_with(*names: str) -> FakePlatform:
    platform = FakePlatform()
    platform.add(*(shown.service(name) for name in names))
    return platform


def open_halt(platform: FakePlatform) -> AppTest:
    install_board(platform)
    return AppTest.from_function(_halt_script, default_timeout=30).run()


def open_many(platform: FakePlatform, what: str, *services: str) -> AppTest:
    install_board(platform)
    page = AppTest.from_function(_many_script, args=(what, services), default_timeout=30)
    return page.run()


def press(page: AppTest, label: str) -> AppTest:
    next(button for button in page.button if button.label == label).click().run()
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    return "\n".join(item.value.replace("\\", "") for item in (*page.markdown, *page.error))


def test_a_halt_names_what_it_hits_and_needs_a_reason() -> None:
    platform = platform_with("chat")
    platform.faults.append(shown.fault(service="chat"))
    page = open_halt(platform)
    assert "Ends 1 fault on chat, whoever injected them" in words(page)

    press(page, "Halt All")
    assert "Say why" in words(page)
    assert platform.asked == []

    page.text_input(key="halt_reason").set_value("  ")
    press(page, "Halt All")
    assert platform.asked == []


def test_a_halt_with_a_reason_is_done() -> None:
    platform = platform_with("chat")
    page = open_halt(platform)
    page.text_input(key="halt_reason").set_value(" customers call ")
    press(page, "Halt All")

    assert platform.asked == [("halt", "customers call")]


def test_a_halt_that_is_refused_says_so() -> None:
    platform = platform_with("chat")
    platform.refusal = refused(status=403, detail="this takes the operator role", reason=None)
    page = open_halt(platform)
    page.text_input(key="halt_reason").set_value("why not")
    press(page, "Halt All")

    assert "Halt all faults: refused." in words(page)
    assert "Ask an admin" in words(page)


@pytest.mark.parametrize(
    ("what", "label", "verb"),
    [
        ("show_recover_form", "Recover 2 services", "recover"),
        ("show_clear_form", "Clear the faults of 2 services", "clear"),
    ],
)
def test_many_are_named_before_they_are_hit(what: str, label: str, verb: str) -> None:
    platform = platform_with("a", "b", "c")
    page = open_many(platform, what, "a", "c")
    assert "- a\n- c" in words(page)
    assert platform.asked == []

    press(page, label)
    assert platform.asked == [(verb, "a", ""), (verb, "c", "")]
    assert not words(page).count("refused")


def test_nothing_is_done_when_it_is_cancelled() -> None:
    platform = platform_with("a", "b")
    press(open_many(platform, "show_recover_form", "a", "b"), "Cancel")
    assert platform.asked == []


def test_one_that_refuses_is_named_and_holds_up_no_other() -> None:
    platform = platform_with("a", "b", "c")
    platform.refusals["b"] = refused(detail="b is in maintenance")
    page = press(open_many(platform, "show_recover_form", "a", "b", "c"), "Recover 3 services")

    assert [asked[1] for asked in platform.asked] == ["a", "c"]
    assert "Recover 3 services: refused by 1 of 3. b: B is in maintenance." in words(page).replace(
        "*", ""
    )
