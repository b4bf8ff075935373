"""A person follows one incident through its pages: sees why nothing is done, takes it, writes of it, heals it, and finds the way back."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tagent_contract.faults import Error, Healing
from tagent_contract.health import Health
from tagent_contract.incidents import IncidentView
from tests.e2e.dashboard.house import House
from tests.e2e.dashboard.person import follow, main, open_whole, press, see_whole
from tests.e2e.processes import eventually

SERVICE = "chat-service"
LOOKS_SOON_MS = 30_000


@pytest.fixture
def incident(home: House) -> Iterator[IncidentView]:
    """One that healing leaves to a person; afterwards all is well again."""
    with home.stack.client() as client:
        client.inject(SERVICE, Error(healing=Healing.OBSERVE, ttl_s=600, reason="drill 12"))

        def look() -> IncidentView | None:
            found = list(client.incidents(service=SERVICE, unresolved=True))
            return found[0] if found and found[0].held_back else None

        yield eventually("an incident that is held back", look, 60)
        client.clear(SERVICE)
        eventually("all to be well", lambda: not list(client.incidents(unresolved=True)), 60)
    # An incident that was closed says nothing of the service, and while it stays sick there is no new one.
    home.stack.wait_for_health(SERVICE, Health.HEALTHY)


def badge(page: Page, state: str) -> Locator:
    return main(page).get_by_text(re.compile(rf"\b{state}$")).first


def test_an_incident_is_understood_taken_and_healed(page: Page, incident: IncidentView) -> None:
    open_whole(page, "/incidents?refresh=1s")
    follow(page, re.compile(f"^{SERVICE}: "))
    expect(page).to_have_url(re.compile(rf"/incidents\?id={incident.id}"))
    expect(main(page)).to_contain_text("injected to be watched, so healing leaves the act to you")
    expect(page.get_by_role("img", name=re.compile("^Timeline of the incident"))).to_be_visible()
    press(main(page), "Acknowledge")
    expect(main(page)).to_contain_text("Taken by", timeout=LOOKS_SOON_MS)
    expect(main(page).get_by_role("button", name="Acknowledge")).to_be_hidden()
    press(main(page), "Note")
    page.get_by_role("textbox", name="Note").fill("the <b>disk</b> was full")
    press(page, "Write the note")
    expect(main(page).get_by_role("table").first).to_contain_text(
        "the <b>disk</b> was full", timeout=LOOKS_SOON_MS
    )
    press(main(page), "Recover")
    expect(badge(page, "RESOLVED")).to_be_visible(timeout=60_000)
    main(page).get_by_text("Copy as Markdown").click()
    copied = main(page).get_by_test_id("stCode")
    expect(copied).to_contain_text(f"# {SERVICE}: ")
    expect(copied).to_contain_text("because: drill 12")
    page.go_back()
    expect(main(page).get_by_role("heading", name="Incidents")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/incidents(\?refresh=1s)?$"))


def test_closing_asks_once_and_says_what_it_means(page: Page, incident: IncidentView) -> None:
    open_whole(page, f"/incidents?id={incident.id}")
    press(main(page), "Close")
    asked = page.get_by_test_id("stPopoverBody")
    expect(asked).to_contain_text(f"Close the incident of {SERVICE} by your word?")
    asked.get_by_role("textbox", name="Why").fill("the drill is over")
    press(asked, "Close the incident")
    expect(badge(page, "RESOLVED")).to_be_visible(timeout=LOOKS_SOON_MS)
    expect(main(page)).to_contain_text("the drill is over", timeout=LOOKS_SOON_MS)


def test_filters_of_incidents_are_kept_over_a_visit_to_one(
    page: Page, incident: IncidentView
) -> None:
    open_whole(page, f"/incidents?service={SERVICE}")
    page.get_by_role("radio", name="Open").click()
    expect(page).to_have_url(re.compile("state=Open"))
    follow(page, re.compile(f"^{SERVICE}: "))
    expect(page).to_have_url(re.compile(f"id={incident.id}"))
    page.go_back()
    expect(page.get_by_role("radio", name="Open")).to_be_checked(timeout=LOOKS_SOON_MS)
    expect(page).to_have_url(re.compile(f"service={SERVICE}"))


def test_a_fault_is_ended_and_taken_along_as_a_table(page: Page, incident: IncidentView) -> None:
    open_whole(page, f"/faults?service={SERVICE}&show=Running")
    expect(main(page)).to_contain_text("drill 12")
    with page.expect_download() as download:
        press(main(page), "CSV")
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert f",{SERVICE},error,ACTIVE," in text
    assert "drill 12" in text
    press(main(page), "End")
    expect(main(page)).to_contain_text("0 running", timeout=LOOKS_SOON_MS)


def test_events_appear_as_they_happen_and_lead_to_what_they_are_about(
    page: Page, home: House, incident: IncidentView
) -> None:
    open_whole(page, "/events")
    with home.stack.client() as client:
        client.note(incident.id, "<i>look</i> here")
    newest = page.locator("li.event").first
    expect(newest).to_contain_text("<i>look</i> here", timeout=LOOKS_SOON_MS)
    page.get_by_role("searchbox", name="Search").fill("look here")
    expect(page).to_have_url(re.compile("q=look"))
    expect(page.locator("li.event")).to_have_count(1)
    newest.get_by_role("link", name=f"incident {incident.id}").click()
    expect(page).to_have_url(re.compile(f"id={incident.id}"))
    see_whole(page)
    page.go_back()
    expect(page.get_by_role("searchbox", name="Search")).to_have_value("look here")


def test_a_chosen_theme_and_refresh_are_everywhere(page: Page) -> None:
    open_whole(page, "/settings")
    expect(page.get_by_role("radio", name="as the system")).to_be_checked()
    page.get_by_role("radio", name="dark").check()
    light = "rgb(255, 255, 255)"
    shade = page.get_by_test_id("stApp")
    expect(shade).not_to_have_css("background-color", light)
    expect(page.get_by_role("radio", name="dark")).to_be_checked()
    page.get_by_role("radio", name="5s").check()
    see_whole(page)
    open_whole(page, "/faults")
    expect(shade).not_to_have_css("background-color", light)
    expect(page.get_by_role("radio", name="5s")).to_be_checked()
