"""Every page opens by its address in a real browser, and asks nobody but this machine."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.dashboard.browser import DESK, PHONE, Tab, screenshot, tab
from tests.e2e.dashboard.house import House

PAGES = {
    "fleet": "/",
    "service": "/service?name=chat-service",
    "incidents": "/incidents",
    "faults": "/faults",
    "events": "/events",
    "settings": "/settings",
}


def open_whole(page: Page, path: str) -> None:
    """Open a page and wait until all of it is there; fail if an exception stands in its place."""
    page.goto(path)
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
    expect(page.get_by_test_id("stMain").get_by_role("heading").first).to_be_visible()
    expect(page.get_by_test_id("stException")).to_have_count(0)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_by_its_address(watched: Tab, name: str) -> None:
    open_whole(watched.page, PAGES[name])
    screenshot(watched.page, name)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(
    ("size", "dark", "look"), [(PHONE, False, "phone"), (DESK, True, "dark")], ids=["phone", "dark"]
)
def test_a_page_suits_a_phone_and_the_dark(
    browser: Browser, home: House, size: tuple[int, int], dark: bool, look: str, name: str
) -> None:
    with tab(browser, url=home.url, size=size, dark=dark) as one:
        open_whole(one.page, PAGES[name])
        overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        assert one.page.evaluate(overflow) <= 0, "it scrolls sideways"
        screenshot(one.page, f"{name}-{look}")


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_platform_s_own_pages_ask_nobody_else(watched: Tab, home: House, path: str) -> None:
    watched.page.goto(f"{home.stack.url}{path}")
    expect(watched.page.get_by_text("/api/v1/services").first).to_be_visible()
