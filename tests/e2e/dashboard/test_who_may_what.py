"""People who sign in see what their role may do; what they may not do any more is refused in words."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.dashboard.browser import screenshot
from tests.e2e.dashboard.house import House, house
from tests.e2e.dashboard.person import (
    FLEET,
    PAGES,
    ask_to_inject,
    card,
    confirm,
    main,
    open_whole,
    press,
)

SERVICE = "chat-service"
DEEDS = re.compile(
    "^(Inject|Recover|Restart|Halt|Release|Clear|End|Maintenance|Acknowledge|Note|Close|Forget|Save|Change|Run|Stop)"
)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One service, and a dashboard that asks who somebody is."""
    folder = tmp_path_factory.mktemp("house")
    with house(folder, (SERVICE,), TAGENT_DASHBOARD_SIGN_IN="always") as one:
        yield one


def sign_in(page: Page, token: str) -> None:
    """Sign in on the page that asks for it."""
    page.goto("/")
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()
    expect(card(page, SERVICE)).to_be_visible()


def test_a_viewer_sees_no_button_that_would_be_refused(page: Page, home: House) -> None:
    sign_in(page, home.stack.token("viewer"))
    with home.stack.client() as client:
        fault = client.inject(SERVICE, {"type": "error", "healing": "observe"})
        expect(card(page, SERVICE)).to_contain_text("UNHEALTHY")
        incident = home.stack.incidents(SERVICE)[0]
        paths = [*PAGES.values(), f"/incidents?id={incident.id}", f"/faults?id={fault.id}"]
        for path in paths:
            open_whole(page, path)
            expect(main(page).get_by_role("button", name=DEEDS)).to_have_count(0)
        screenshot(page, "settings-viewer")
        client.recover(SERVICE)


def test_an_operator_does_under_their_own_name(page: Page, home: House) -> None:
    with home.stack.client() as client:
        minted = client.mint_token("olga", "operator").token
    assert minted
    sign_in(page, minted)
    page.goto(FLEET)
    confirm(ask_to_inject(page, SERVICE, "Inject Latency"), f"Inject latency into {SERVICE}")
    expect(card(page, SERVICE)).to_contain_text("latency active")
    open_whole(page, "/faults")
    expect(main(page)).to_contain_text("olga")
    page.goto(FLEET)
    press(card(page, SERVICE), "Recover")
    expect(card(page, SERVICE)).not_to_contain_text("latency active")


def test_a_page_whose_token_was_revoked_says_so(page: Page, home: House) -> None:
    with home.stack.client() as client:
        minted = client.mint_token("otto", "operator")
        assert minted.token
        sign_in(page, minted.token)
        page.goto(FLEET)
        expect(card(page, SERVICE)).to_be_visible()
        client.revoke_token(minted.id)
    press(card(page, SERVICE), "Recover")
    expect(main(page)).to_contain_text("refused")
    screenshot(page, "fleet-refused")
