"""Who has no mouse breaks a service and recovers it too."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.e2e.dashboard.accessibility import reach
from tests.e2e.dashboard.person import FLEET, banner, card, open_whole

SERVICE = "chat-service"


def test_a_fault_is_injected_by_keyboard_alone(page: Page) -> None:
    open_whole(page, FLEET)
    reach(page, page.get_by_role("link", name="Skip to main content"), at_most=1)
    page.keyboard.press("Enter")
    reach(page, card(page, SERVICE).get_by_role("button", name="Inject Latency"))
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("What it hits")
    reach(page, dialog.get_by_role("spinbutton", name="Latency (ms)"))
    page.keyboard.press("Control+A")
    page.keyboard.type("50")
    reach(page, dialog.get_by_role("textbox", name="Reason"))
    page.keyboard.type("by keyboard")
    reach(page, dialog.get_by_role("button", name=f"Inject latency into {SERVICE}"))
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(card(page, SERVICE)).to_contain_text("latency active")
    reach(page, banner(page, "fault").get_by_role("button", name="Halt All"))
    page.keyboard.press("Enter")
    expect(dialog).to_contain_text("Ends 1 fault")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    reach(page, card(page, SERVICE).get_by_role("button", name="Recover"))
    page.keyboard.press("Enter")
    expect(banner(page, "fault")).to_contain_text("No fault is in force.")
