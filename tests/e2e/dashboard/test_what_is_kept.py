"""What a person chose stays: in the address, over a reload, and in a chart while it is drawn anew."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.callers import calling
from tests.e2e.dashboard.house import House
from tests.e2e.dashboard.person import FLEET, chart, follow, main, open_whole, service_path

LATENCY = "Latency, first byte"
FITS = """() => {
    const plots = [...document.querySelectorAll('.live-plot')];
    return plots.length > 3 && plots.every(
        (plot) => plot.querySelector('.main-svg')?.clientWidth === plot.closest('.live-plot-cell').clientWidth
    );
}"""
WATCH_DRAWINGS = """plot => {
    plot.drawings = 0;
    plot.marked = true;
    plot.on('plotly_afterplot', () => { plot.drawings += 1 });
}"""


def test_filter_search_and_refresh_are_kept_over_a_reload(page: Page) -> None:
    open_whole(page, "/")
    page.get_by_role("searchbox", name="Search", exact=True).fill("-service")
    page.get_by_role("button", name="healthy", exact=True).click()
    page.get_by_role("button", name="degraded", exact=True).click()
    page.get_by_role("radio", name="5s").click()
    page.get_by_role("radio", name="1h").click()
    for said in ("q=-service", "status=healthy", "status=degraded", "refresh=5s", "range=1h"):
        expect(page).to_have_url(re.compile(said))
    page.reload()
    expect(page.get_by_role("searchbox", name="Search", exact=True)).to_have_value("-service")
    for chosen in ("healthy", "degraded"):
        expect(page.get_by_role("button", name=chosen, exact=True, pressed=True)).to_be_visible()
    for chosen in ("5s", "1h"):
        expect(page.get_by_role("radio", name=chosen)).to_be_checked()
    expect(page.get_by_role("region", name="Table of 3 services")).to_be_visible()


def test_a_search_in_the_address_filters_the_table_at_once(page: Page) -> None:
    page.goto("/?q=chat")
    expect(page.get_by_role("region", name="Table of 1 services")).to_be_visible()
    page.get_by_role("searchbox", name="Search", exact=True).fill("no such thing")
    expect(main(page)).to_contain_text("None of the 3 services matches")
    page.get_by_role("searchbox", name="Search", exact=True).fill("")
    expect(page.get_by_role("region", name="Table of 3 services")).to_be_visible()


def test_a_link_leads_to_a_service_and_an_address_does_too(page: Page) -> None:
    open_whole(page, FLEET)
    follow(page, "demo-service")
    expect(page).to_have_url(re.compile(r"/service\?.*name=demo-service"))
    page.reload()
    expect(main(page).get_by_role("heading", name="demo-service")).to_be_visible()
    page.go_back()
    expect(main(page).get_by_role("heading", name="Fleet")).to_be_visible()


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/service?name=chatservice", "There is no service chatservice"),
        ("/service", "Choose one"),
        ("/incidents?id=nosuchthing", "There is no incident nosuchthing"),
        ("/faults?id=nosuchthing", "There is no fault nosuchthing"),
    ],
)
def test_an_address_of_nothing_says_so(page: Page, path: str, said: str) -> None:
    open_whole(page, path)
    expect(main(page)).to_contain_text(said)


def test_a_stretch_of_time_stays_in_sight_while_the_chart_is_drawn_anew(
    page: Page, home: House
) -> None:
    with calling(home.sidecar("chat-service").url):
        page.goto(service_path("chat-service"))
        plot = chart(page, LATENCY)
        expect(plot).to_be_visible()
        plot.evaluate(WATCH_DRAWINGS)
        drag_over(page, LATENCY)
        let_go = page.get_by_role("button", name="Show the whole range again")
        expect(let_go).to_be_visible()
        chosen = shown_range(page, LATENCY)
        drawn = plot.evaluate("plot => plot.drawings")
        page.wait_for_function(
            "([plot, drawn]) => plot.drawings >= drawn + 3",
            arg=[plot.element_handle(), drawn],
        )
        assert shown_range(page, LATENCY) == chosen
        assert plot.evaluate("plot => plot.marked"), "the chart was built anew"
        let_go.click()
        expect(let_go).to_be_hidden()
        assert shown_range(page, LATENCY) != chosen


@pytest.mark.parametrize("width", [1440, 1280, 900, 390])
def test_a_chart_keeps_to_its_place_however_wide_the_window_is(
    page: Page, home: House, width: int
) -> None:
    with calling(home.sidecar("chat-service").url):
        # Drawn once: what is wrong then is not put right by the next look.
        open_whole(page, "/service?name=chat-service&range=5m&refresh=Off")
        page.wait_for_function(FITS)
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function(FITS)


def drag_over(page: Page, title: str) -> None:
    """Drag over the last third of a chart."""
    box = chart(page, title).locator(".nsewdrag").bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 2 / 3, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 5, middle, steps=5)
    page.mouse.up()


def shown_range(page: Page, title: str) -> list[str]:
    """Return the stretch of time that a chart shows."""
    found: list[str] = chart(page, title).evaluate("plot => plot.layout.xaxis.range.map(String)")
    return found
