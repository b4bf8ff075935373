"""A page stays open and true while the platform, or the dashboard itself, is killed and comes back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.dashboard.browser import Tab, screenshot
from tests.e2e.dashboard.house import House, house, start_dashboard
from tests.e2e.dashboard.person import FLEET, PAGES, banner, card, main, open_whole, press

SERVICE = "chat-service"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    # A platform that comes back gives its sidecars time to be heard, on a busy machine too.
    platform = {"TAGENT_OFFLINE_AFTER_S": "30"}
    with house(tmp_path_factory.mktemp("house"), (SERVICE,), platform=platform) as one:
        yield one


def expect_live(page: Page) -> None:
    """See that the data is as young as it should be."""
    expect(main(page)).to_contain_text(re.compile(r"data \d\.\d s old · live"))
    expect(main(page)).not_to_contain_text("The platform is away")


def test_a_page_says_that_the_platform_is_away_and_that_it_is_back(page: Page, home: House) -> None:
    page.goto(FLEET)
    expect_live(page)
    home.stack.kill_platform()
    try:
        expect(main(page)).to_contain_text("The platform is away since")
        expect(main(page)).to_contain_text("Shown is what was known at")
        expect(main(page)).to_contain_text(re.compile(r"data \d+(\.\d)? s old · platform down"))
        expect(card(page, SERVICE)).to_contain_text("HEALTHY")
        screenshot(page, "fleet-platform-away")
        press(card(page, SERVICE), "Recover")
        expect(main(page)).to_contain_text(f"Recover {SERVICE}: refused.")
        for path in PAGES.values():
            open_whole(page, path)
            expect(main(page)).to_contain_text(re.compile("platform is away|cannot be reached"))
        page.goto(FLEET)
    finally:
        home.stack.start_platform()
    expect_live(page)
    expect(card(page, SERVICE)).to_contain_text("HEALTHY")


def test_a_page_comes_back_with_the_dashboard(watched: Tab, home: House) -> None:
    page = watched.page
    # Streamlit's part in the browser complains of each attempt.
    watched.watch.expect_complaint(r"ERR_CONNECTION|WebSocket|_stcore|disconnected|not responding")
    open_whole(page, FLEET)
    expect_live(page)
    # What a browser is still loading when the dashboard dies, it does not ask for again.
    page.wait_for_load_state("networkidle")
    home.dashboard.process.kill()
    expect(main(page)).to_contain_text(re.compile(r"data .+ old · stale"))
    lost = page.get_by_role("dialog", name="The dashboard is away")
    expect(lost).to_contain_text("goes on once the dashboard is back")
    screenshot(page, "fleet-dashboard-away")
    home.dashboard = start_dashboard(home.stack, urlsplit(home.url).port)
    expect_live(page)
    expect(lost).to_be_hidden()
    with home.stack.client() as client:
        client.inject(SERVICE, {"type": "latency", "latency_ms": 50})
        expect(banner(page, "fault")).to_contain_text("1 fault on 1 of 1 service")
        client.clear(SERVICE)
        expect(banner(page, "fault")).to_contain_text("No fault is in force.")
