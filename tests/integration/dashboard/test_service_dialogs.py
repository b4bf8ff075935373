"""What is asked once before something is done to a service."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tagent_contract.health import Health
from tests.fakes import shown
from tests.fakes.dashboard import FakePlatform, install_board, refused

pytestmark = pytest.mark.integration


def _script(dialog):  # type: ignore[no-untyped-def] # runs as a script, without this file's imports
    from tagent_dashboard.live import board
    from tagent_dashboard.widgets import actions, service_dialogs

    actions.show_outcome()
    installed = board.installed()
    service = installed.poller.snapshot.by_name["chat"]
    # What is inside the dialog: the test's page has no way to open one.
    getattr(service_dialogs, dialog)(installed.sessions.local_person(), service)


def platform_with(*names: str, **known: Any) -> FakePlatform:
    platform = FakePlatform(**known)
    instances = tuple(shown.instance(name) for name in names or ("chat-1",))
    platform.add(shown.service("chat", instances=instances))
    return platform


def opened(platform: FakePlatform, dialog: str) -> AppTest:
    install_board(platform)
    return AppTest.from_function(_script, args=(dialog,), default_timeout=30).run()


def words(page: AppTest) -> str:
    found = (*page.markdown, *page.error)
    return "\n".join(item.value.replace("\\", "") for item in found)


def test_a_restart_names_what_it_stops() -> None:
    platform = platform_with("chat-1", "chat-2")
    page = opened(platform, "show_restart_form")
    assert "Stops chat-1, chat-2 and starts it again." in words(page)
    page.text_input(key="restart_reason").input("leak")
    page.button(key="restart_confirm").click().run()
    assert platform.asked == [("restart", "chat", "leak", None)]


def test_one_instance_can_be_restarted_alone() -> None:
    platform = platform_with("chat-1", "chat-2")
    page = opened(platform, "show_restart_form")
    page.selectbox(key="restart_what").select("chat-2").run()
    assert "1 healthy instance answers meanwhile." in words(page)
    assert page.button(key="restart_confirm").label == "Restart chat\\-2"
    page.button(key="restart_confirm").click().run()
    assert platform.asked == [("restart", "chat", "", "chat-2")]


def test_clearing_names_the_faults() -> None:
    platform = platform_with(faults=[shown.fault(service="chat")])
    page = opened(platform, "show_clear_form")
    assert "- Latency 2500 ms, by anna" in words(page)
    page.button(key="clear_confirm").click().run()
    assert platform.asked == [("clear", "chat", "")]


def test_maintenance_asks_why() -> None:
    platform = platform_with()
    page = opened(platform, "show_maintenance_form")
    page.button(key="maintenance_confirm").click().run()
    assert "Say why" in words(page)
    page.text_input(key="maintenance_reason").input("upgrade")
    page.button(key="maintenance_confirm").click().run()
    assert platform.asked == [("set_maintenance", "chat", "upgrade", 3600.0)]


def test_a_retired_service_is_forgotten() -> None:
    platform = platform_with()
    gone = shown.instance("chat-1", health=Health.OFFLINE)
    platform.add(shown.service("chat", instances=(gone,)))
    opened(platform, "show_forget_form").button(key="forget_confirm").click().run()
    assert platform.asked == [("forget_service", "chat")]


def test_a_refusal_is_told_on_the_page() -> None:
    platform = platform_with(refusal=refused("halted", detail="all is halted"))
    page = opened(platform, "show_restart_form")
    page.button(key="restart_confirm").click().run()
    assert "Restart chat: refused." in words(page).replace("**", "")
