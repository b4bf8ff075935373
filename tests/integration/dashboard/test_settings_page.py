"""The settings: who looks, how the platform is, and what a browser keeps."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from tagent_dashboard.live import board
from tests.fakes.dashboard import FakePlatform, component_data, install_board, open_page

pytestmark = pytest.mark.integration


def open_settings(platform: FakePlatform | None = None, *, role: str = "operator") -> AppTest:
    install_board(platform or FakePlatform(), role=role)
    page = open_page("settings")
    assert not page.exception
    return page


def words(page: AppTest) -> str:
    found = (*page.header, *page.markdown, *page.warning)
    return "\n".join(item.value for item in found).replace("\\", "").replace("\u2060", "")


def test_it_says_who_one_is_and_what_one_may_do() -> None:
    text = words(open_settings(role="viewer"))
    assert "**anna**" in text
    assert "**viewer**" in text
    assert "You may look at everything" in text
    assert "Not with this role: change policies. It needs admin." in text


def test_somebody_whom_the_platform_has_not_named_may_look_at_what_is_known() -> None:
    assert "The platform has not said yet who you are." in words(open_settings(role=""))


def test_it_says_where_the_platform_is_and_that_it_is_ready() -> None:
    page = open_settings()
    text = words(page)
    assert "**http://127.0.0.1:1**" in text
    assert "**9.9**" in text
    assert "It is ready." in text
    links = {link.proto.label: link.proto.url for link in page.get("link_button")}
    assert links["API, to try out"] == "http://127.0.0.1:1/docs"


def test_a_platform_that_cannot_work_is_said() -> None:
    text = words(open_settings(FakePlatform(is_ready=False)))
    assert "It answers, but cannot do its work now" in text


def test_a_platform_that_is_away_is_said() -> None:
    assert "It cannot be reached: nobody answers" in words(
        open_settings(FakePlatform(is_down=True))
    )


def test_events_that_are_not_followed_are_said() -> None:
    page = open_settings()
    board.installed().events.problem = "the stream broke"
    page.run()
    assert "New events are not followed: the stream broke." in words(page)


def test_the_browsers_own_choices_are_offered() -> None:
    offered = component_data(open_settings(), "tagent_browser_choices")
    assert list(offered["themes"]) == ["System", "Light", "Dark"]
    assert list(offered["refresh"]) == ["1s", "2s", "5s", "Off"]
    assert offered["refresh_now"] == "2s"
    assert "/incidents" in offered["paths"]


def test_on_this_machine_there_is_nothing_to_sign_out_of() -> None:
    page = open_settings()
    assert "Nobody signs in on this machine" in words(page)
    names = [part.proto.component_name for part in page.get("bidi_component")]
    assert "tagent_sign_out" not in names


def test_whoever_signed_in_can_sign_out(monkeypatch: pytest.MonkeyPatch) -> None:
    made = install_board(FakePlatform())
    asking = replace(made, settings=replace(made.settings, always_asks=True))
    board.install(asking)
    monkeypatch.setattr(asking.sessions, "find", lambda _name: made.sessions.local_person())
    page = open_page("settings")
    names = [part.proto.component_name for part in page.get("bidi_component")]
    assert "tagent_sign_out" in names
    assert "Nobody signs in on this machine" not in words(page)
