"""Every page suits a desk and a phone, the light and the dark, the eye, the ear and the keyboard, while all is well and while it is not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tagent_contract.incidents import IncidentState
from tests.e2e.dashboard.accessibility import sideways_px, violations
from tests.e2e.dashboard.browser import DESK, PHONE, screenshot, tab
from tests.e2e.dashboard.house import House
from tests.e2e.dashboard.person import (
    FLEET,
    PAGES,
    ask_to_inject,
    main,
    open_whole,
    press,
    see_whole,
)

LOOKS = {
    "light": (DESK, False),
    "dark": (DESK, True),
    "phone": (PHONE, False),
    "phone-dark": (PHONE, True),
}
HALVES = {"light": 0, "phone-dark": 0, "dark": 1, "phone": 1}
"""Which half of the pages is seen in which look: each page in both sizes and both lights, by two looks instead of four."""
SICK, SLOW = "demo-service", "chat-service"


@pytest.fixture(scope="module")
def trouble(home: House) -> Iterator[dict[str, str]]:
    """One incident over and one that waits for a person, and two faults active: the pages of all that, and the usual ones."""
    with home.stack.client() as client:
        client.inject(SICK, {"type": "error", "ttl_s": 600, "reason": "game day"})
        home.stack.wait_for_incident(SICK, IncidentState.RESOLVED)
        fault = client.inject(SICK, {"type": "error", "healing": "observe", "ttl_s": 600})
        slow = {"type": "latency", "latency_ms": 200, "ttl_s": 600, "reason": "game day 12"}
        client.inject(SLOW, slow)
        incident = home.stack.wait_for_incident(SICK, IncidentState.OPEN)
        yield {
            **PAGES,
            "incidents": "/incidents?state=all",
            "incident": f"/incidents?id={incident.id}",
            "faults": "/faults?state=all",
            "fault": f"/faults?id={fault.id}",
        }
        client.recover(SICK)
        client.recover(SLOW)


@pytest.fixture
def looked_at(browser: Browser, home: House, look: str) -> Iterator[Page]:
    """A page in one of the looks."""
    size, dark = LOOKS[look]
    with tab(browser, url=home.url, size=size, dark=dark) as one:
        yield one.page


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_suits_everyone(looked_at: Page, look: str, trouble: dict[str, str]) -> None:
    found: dict[str, list[str]] = {}
    for name, path in list(trouble.items())[HALVES[look] :: 2]:
        open_whole(looked_at, path)
        screenshot(looked_at, f"{name}-{look}", whole=True)
        found[name] = violations(looked_at)
        if sideways_px(looked_at) > 0:
            found[name].append(f"it is {sideways_px(looked_at)} px wider than its window")
    assert {name: each for name, each in found.items() if each} == {}


@pytest.mark.parametrize("look", ["dark", "phone"])
def test_dialogs_suit_everyone(looked_at: Page, look: str, home: House) -> None:
    looked_at.goto(FLEET)
    ask_to_inject(looked_at, SLOW, "Inject Error")
    see_whole(looked_at)
    screenshot(looked_at, f"inject-{look}")
    assert violations(looked_at) == []
    assert sideways_px(looked_at) <= 0
    press(looked_at.get_by_role("dialog"), "Close")
    press(looked_at, "Halt All")
    expect(looked_at.get_by_role("dialog", name="Halt all")).to_be_visible()
    screenshot(looked_at, f"halt-{look}")
    assert violations(looked_at) == []


def test_a_phone_reaches_every_button(browser: Browser, home: House) -> None:
    with tab(browser, url=home.url, size=PHONE) as one:
        open_whole(one.page, FLEET)
        for button in main(one.page).get_by_role("button").all():
            button.scroll_into_view_if_needed()
            box = button.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= PHONE[0], button.inner_text()
