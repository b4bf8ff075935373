"""What a person sees on the dashboard's pages and does there, by the words that stand on them."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.e2e.processes import eventually

PAGES = {
    "fleet": "/",
    "service": "/service?name=chat-service",
    "incidents": "/incidents",
    "faults": "/faults",
    "experiments": "/experiments",
    "events": "/events",
    "settings": "/settings",
}
FLEET = "/?refresh=1s"


def service_path(service: str) -> str:
    """Return the address of a service's page, which looks again each second."""
    return f"/service?name={service}&range=5m&refresh=1s"


def open_whole(page: Page, path: str) -> None:
    """Open a page and wait until all of it is there; fail if an exception stands in its place."""
    page.goto(path)
    see_whole(page)


def see_whole(page: Page) -> None:
    """Wait until nothing of the page is still to come."""
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
    expect(main(page).get_by_role("heading").first).to_be_visible()
    expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
    expect(page.locator(".live-plots:empty")).to_have_count(0)
    expect(page.get_by_test_id("stException")).to_have_count(0)


def main(page: Page) -> Locator:
    """Find what the page is about, without what is around every page."""
    return page.get_by_role("main")


def card(page: Page, service: str) -> Locator:
    """Find a service's card on the fleet's page."""
    link = page.get_by_role("link", name=service, exact=True)
    return page.locator("li[data-service]").filter(has=link)


def banner(page: Page, kind: str) -> Locator:
    """Find the banner of the fleet's page: of `fault` or of `halt`."""
    return page.locator(f".st-key-{kind}_banner")


def press(within: Page | Locator, words: str) -> None:
    """Press the button that says so."""
    within.get_by_role("button", name=words, exact=True).click()


def ask_to_inject(page: Page, service: str, words: str) -> Locator:
    """Press `Inject Latency` or `Inject Error` on a card, and return the dialog that asks back."""
    press(card(page, service), words)
    dialog = page.get_by_role("dialog", name=f"Inject into {service}")
    expect(dialog).to_contain_text("What it hits")
    return dialog


def fill_number(dialog: Locator, label: str, value: float) -> None:
    """Type a number into its field, and leave the field."""
    field = dialog.get_by_role("spinbutton", name=label, exact=True)
    field.fill(f"{value:g}")
    field.press("Tab")


def confirm(dialog: Locator, words: str) -> None:
    """Press what does it, and wait until the dialog is gone."""
    press(dialog, words)
    expect(dialog).to_be_hidden()


def follow(page: Page, link: str | re.Pattern[str]) -> None:
    """Go where a link on the page leads."""
    main(page).get_by_role("link", name=link).first.click()
    see_whole(page)


def chart(page: Page, title: str) -> Locator:
    """Find the chart with this title."""
    return page.get_by_role("img", name=re.compile(f"^{re.escape(title)}: "))


def drawn_values(page: Page, title: str) -> list[float]:
    """Return all values that a chart has drawn now; none before it is there."""
    plot = chart(page, title)
    if not plot.count():
        return []
    found: list[float] = plot.evaluate(
        "plot => plot.data.flatMap(trace => Array.from(trace.y)).filter(y => y !== null)"
    )
    return found


def wait_for_value(page: Page, title: str, above: float) -> None:
    """Wait until a chart shows a value above this one."""

    def largest() -> float | None:
        most = max(drawn_values(page, title), default=0.0)
        return most if most > above else None

    eventually(f"a value above {above:g} in the chart {title!r}", largest, 60)
