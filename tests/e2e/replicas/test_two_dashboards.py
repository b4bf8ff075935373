"""Two people look at two platforms on one Firestore, each through a dashboard of its own: they see, and can undo, the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.dashboard.browser import CHROMIUM, chromium, screenshot, tab
from tests.e2e.dashboard.house import start_dashboard
from tests.e2e.dashboard.person import (
    FLEET,
    ask_to_inject,
    banner,
    card,
    confirm,
    main,
    open_whole,
    press,
)
from tests.e2e.replicas.replicated_stack import ReplicatedStack, replicated


@pytest.fixture
def two(tmp_path: Path, firestore_host: str) -> Iterator[ReplicatedStack]:
    with replicated(tmp_path, firestore_host) as one:
        yield one


@pytest.fixture
def pages(two: ReplicatedStack) -> Iterator[tuple[Page, Page]]:
    """One page a platform, each in a dashboard that knows no other."""
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}: apt-get install chromium-headless-shell")
    two.start_sidecar("chat-service")
    here, there = [
        start_dashboard(
            two, TAGENT_URL=f"http://127.0.0.1:{port}", TAGENT_TOKEN=two.admin_token
        ).url
        for port in two.ports
    ]
    with chromium() as browser, tab(browser, url=here) as one, tab(browser, url=there) as other:
        yield one.page, other.page


def test_both_show_what_was_done_in_one_of_them(
    two: ReplicatedStack, pages: tuple[Page, Page]
) -> None:
    here, there = pages
    for page in pages:
        page.goto(FLEET)
        expect(card(page, "chat-service")).to_contain_text("HEALTHY")
    confirm(
        ask_to_inject(here, "chat-service", "Inject Latency"), "Inject latency into chat-service"
    )
    for page in pages:
        expect(card(page, "chat-service")).to_contain_text("latency active")

    press(banner(there, "fault"), "Halt All")
    dialog = there.get_by_role("dialog", name="Halt all")
    dialog.get_by_role("textbox", name="Reason").fill("callers complain")
    confirm(dialog, "Halt All")
    for page in pages:
        expect(banner(page, "halt")).to_contain_text("callers complain")
        expect(card(page, "chat-service")).not_to_contain_text("latency active")
    press(banner(here, "halt"), "Release")
    for page in pages:
        expect(banner(page, "fault")).to_contain_text("No fault is in force.")
        expect(banner(page, "halt")).to_be_hidden()

    # What is healed is one incident, with one story, in both.
    with two.client() as client:
        hang = client.inject("chat-service", {"type": "hang", "ttl_s": 30})
    incident = two.wait_until_healed("chat-service", hang.id)
    stories = []
    for page, name in zip(pages, ("here", "there"), strict=True):
        open_whole(page, f"/incidents?id={incident.id}")
        expect(main(page)).to_contain_text("RESOLVED")
        screenshot(page, f"incident-{name}", whole=True)
        stories.append(main(page).get_by_role("row").all_inner_texts())
    assert len(stories[0]) > 5
    assert stories[0] == stories[1]
