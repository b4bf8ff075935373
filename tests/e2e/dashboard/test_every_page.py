"""Every page opens by its address in a real browser, tells what is there, and asks nobody but this machine."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.dashboard.browser import Tab, screenshot
from tests.e2e.dashboard.house import SERVICES, House
from tests.e2e.dashboard.person import PAGES, card, open_whole

HEALTHY = re.compile("(?<!UN)HEALTHY")


def test_three_services_are_seen_healthy(page: Page) -> None:
    page.goto("/")
    for service in SERVICES:
        expect(card(page, service)).to_contain_text(HEALTHY)
    expect(page).to_have_title("Tagent")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_opens_by_its_address(watched: Tab, name: str) -> None:
    open_whole(watched.page, PAGES[name])
    screenshot(watched.page, name)


def test_a_page_that_is_not_there_leads_back(watched: Tab) -> None:
    watched.watch.expect_complaint("does not seem to exist")
    watched.page.goto("/nowhere")
    expect(watched.page.get_by_text("Page not found").first).to_be_visible()


@pytest.mark.parametrize("path", ["/docs", "/redoc"])
def test_the_platform_s_own_pages_ask_nobody_else(watched: Tab, home: House, path: str) -> None:
    watched.page.goto(f"{home.stack.url}{path}")
    expect(watched.page.get_by_text("/api/v1/services").first).to_be_visible()


def test_the_watch_sees_a_request_that_leaves_this_machine(watched: Tab) -> None:
    """Without this, the other tests could be blind; the page's own rules keep the request from being made."""
    watched.page.goto("/")
    watched.page.evaluate("fetch('https://example.com/seen').catch(() => 0)")
    watched.page.evaluate("new Image().src = 'https://example.com/picture'")
    expect(card(watched.page, SERVICES[0])).to_be_visible()
    assert watched.watch.complaints
    assert all("Content Security Policy" in text for text in watched.watch.complaints)
    with pytest.raises(AssertionError):
        watched.watch.assert_clean()
    watched.watch.outside.clear()
    watched.watch.complaints.clear()
