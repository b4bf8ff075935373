"""A person breaks a service by clicking, sees what comes of it, and sees it heal or heals it, in a real browser on the real stack."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from playwright.sync_api import Browser, Page, expect

from tagent_contract.policy import Mode
from tests.e2e.callers import calling
from tests.e2e.dashboard.browser import screenshot, tab
from tests.e2e.dashboard.house import House, house
from tests.e2e.dashboard.person import (
    FLEET,
    ask_to_inject,
    banner,
    card,
    chart,
    confirm,
    fill_number,
    follow,
    main,
    press,
    wait_for_value,
)
from tests.e2e.stack import FAST_POLICY

PATIENT_POLICY = replace(
    FAST_POLICY, health=replace(FAST_POLICY.health, outside_timeout_s=5.0, window_s=4.0)
)
"""Under it a request of 2.5 s is slow, as it is by default, and no failure; and there is always one in the window."""
PATIENT_PLATFORM = {"TAGENT_ACKNOWLEDGED_WITHIN_S": "60", "TAGENT_OFFLINE_AFTER_S": "60"}
"""It waits so long for a sidecar that a test can hold up."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with house(folder, policy=PATIENT_POLICY, platform=PATIENT_PLATFORM) as one:
        yield one


def test_latency_is_injected_seen_and_ended(page: Page, home: House) -> None:
    page.goto(FLEET)
    chat, sidecar = card(page, "chat-service"), home.sidecar("chat-service")
    expect(chat).to_contain_text("HEALTHY")
    dialog = ask_to_inject(page, "chat-service", "Inject Latency")
    expect(dialog).to_contain_text(f"chat-service: its only instance, {sidecar.instance}")
    expect(dialog).to_contain_text("For 2 min at most")
    expect(dialog).to_contain_text("No healthy instance of chat-service is left untouched")
    confirm(dialog, "Inject latency into chat-service")
    expect(chat).to_contain_text("latency active")
    with calling(sidecar.url, per_s=4, timeout_s=10) as callers:
        expect(chat).to_contain_text("DEGRADED")
        expect(page).to_have_title("(1) Tagent")
        screenshot(page, "fleet-latency")
        follow(page, "chat-service")
        wait_for_value(page, "Latency, first byte", 2000)
        screenshot(page, "service-latency", whole=True)
    slow = [one for one in callers.seen if one.took_s > 2]
    assert slow, "no caller waited"
    assert {one.result for one in slow} == {200}
    press(main(page), "End")
    expect(page.get_by_role("button", name="End", exact=True)).to_be_hidden()
    expect(main(page)).to_contain_text("HEALTHY")
    expect(page).to_have_title("Tagent")
    assert sidecar.status() == 200


def test_a_fault_is_pending_until_its_sidecar_answers(page: Page, home: House) -> None:
    page.goto(FLEET)
    demo, sidecar = card(page, "demo-service"), home.sidecar("demo-service")
    dialog = ask_to_inject(page, "demo-service", "Inject Latency")
    fill_number(dialog, "TTL (s)", 600)
    sidecar.process.popen.send_signal(signal.SIGSTOP)
    try:
        confirm(dialog, "Inject latency into demo-service")
        expect(demo).to_contain_text("latency pending")
        expect(demo).to_contain_text("no acknowledgement after 5 s")
        expect(banner(page, "fault")).to_contain_text("no acknowledgement after 5 s")
    finally:
        sidecar.process.popen.send_signal(signal.SIGCONT)
    # Held up for longer than its lease, it may end what it has just begun.
    expect(demo).not_to_contain_text("latency pending")
    press(demo, "Recover")
    expect(banner(page, "fault")).to_contain_text("No fault is in force.")
    expect(demo).to_contain_text("HEALTHY")


def test_a_fault_ends_by_itself(page: Page, home: House) -> None:
    page.goto(FLEET)
    demo = card(page, "demo-service")
    dialog = ask_to_inject(page, "demo-service", "Inject Latency")
    fill_number(dialog, "Latency (ms)", 100)
    fill_number(dialog, "TTL (s)", 10)
    expect(dialog).to_contain_text("For 10 s at most")
    confirm(dialog, "Inject latency into demo-service")
    expect(demo).to_contain_text("latency active")
    expect(demo).not_to_contain_text("latency active")
    expect(banner(page, "fault")).to_contain_text("No fault is in force.")
    expect(demo).to_contain_text("HEALTHY")


def test_an_error_is_seen_unhealthy_and_healing_brings_it_back(page: Page, home: House) -> None:
    stack = home.stack
    with stack.client() as client:
        # Healing acts within milliseconds: a person sees the service sick only while healing has to wait.
        checking = replace(PATIENT_POLICY.healing, mode=Mode.CHECK)
        client.set_policy("summary-service", replace(PATIENT_POLICY, healing=checking))
        page.goto(FLEET)
        summary = card(page, "summary-service")
        expect(summary).to_contain_text("healing is set to check")
        dialog = ask_to_inject(page, "summary-service", "Inject Error")
        expect(dialog).to_contain_text("Healing will not act: the mode of summary-service is check")
        confirm(dialog, "Inject error into summary-service")
        expect(summary).to_contain_text("UNHEALTHY")
        expect(summary).to_contain_text("answered 500")
        expect(page).to_have_title("(1) Tagent")
        screenshot(page, "fleet-unhealthy")
        client.set_policy("summary-service", PATIENT_POLICY)
    expect(summary).to_contain_text("healthy again after")
    expect(summary).not_to_contain_text("UNHEALTHY")
    read_resolved_incident(page, "summary-service")


def read_resolved_incident(page: Page, service: str) -> None:
    """Go to the service's latest incident, and see it told to its end."""
    page.goto("/incidents?state=all&refresh=1s")
    follow(page, re.compile(service))
    expect(page).to_have_url(re.compile("/incidents.*id="))
    expect(main(page)).to_contain_text("RESOLVED")
    for word in ("MTTD", "MTTR", "detected", "verified", "resolved"):
        expect(main(page)).to_contain_text(word)
    expect(chart(page, "Timeline of the incident, in UTC")).to_be_visible()
    screenshot(page, "incident", whole=True)


def test_what_is_left_to_a_person_waits_for_recover(page: Page) -> None:
    page.goto(FLEET)
    demo = card(page, "demo-service")
    dialog = ask_to_inject(page, "demo-service", "Inject Error")
    dialog.get_by_text("Let me recover").click()
    expect(dialog).to_contain_text("nothing is done until you press Recover")
    confirm(dialog, "Inject error into demo-service")
    expect(demo).to_contain_text("UNHEALTHY")
    expect(demo).to_contain_text("a person can recover it")
    press(demo, "Recover")
    expect(demo).to_contain_text("healthy again after")
    expect(demo).not_to_contain_text("error active")
    expect(page).to_have_title("Tagent")


def test_what_one_does_another_sees_without_doing_anything(
    page: Page, browser: Browser, home: House
) -> None:
    with tab(browser, url=home.url) as other:
        other.page.goto(FLEET)
        page.goto(FLEET)
        seen = card(other.page, "chat-service")
        expect(seen).to_contain_text("HEALTHY")
        dialog = ask_to_inject(page, "chat-service", "Inject Latency")
        fill_number(dialog, "Latency (ms)", 50)
        confirm(dialog, "Inject latency into chat-service")
        expect(seen).to_contain_text("latency active")
        expect(banner(other.page, "fault")).to_contain_text("1 fault on 1 of 3 services")
        press(card(page, "chat-service"), "Recover")
        expect(seen).not_to_contain_text("latency active")
        expect(banner(other.page, "fault")).to_contain_text("No fault is in force.")


def test_halt_ends_all_and_refuses_more_until_released(
    page: Page, browser: Browser, home: House
) -> None:
    page.goto(FLEET)
    chat = card(page, "chat-service")
    dialog = ask_to_inject(page, "chat-service", "Inject Latency")
    fill_number(dialog, "Latency (ms)", 50)
    confirm(dialog, "Inject latency into chat-service")
    expect(chat).to_contain_text("latency active")

    press(banner(page, "fault"), "Halt All")
    dialog = page.get_by_role("dialog", name="Halt all")
    expect(dialog).to_contain_text("Ends 1 fault on chat-service")
    press(dialog, "Halt All")
    expect(dialog).to_contain_text("Say why")
    dialog.get_by_role("textbox", name="Reason").fill("callers complain")
    confirm(dialog, "Halt All")
    with tab(browser, url=home.url) as other:
        other.page.goto(FLEET)
        for each in (page, other.page):
            expect(banner(each, "halt")).to_contain_text("Halted by local-admin")
            expect(banner(each, "halt")).to_contain_text("callers complain")
    expect(chat).not_to_contain_text("latency active")
    screenshot(page, "fleet-halted")

    dialog = ask_to_inject(page, "chat-service", "Inject Latency")
    expect(dialog).to_contain_text("All faults are halted: callers complain")
    press(dialog, "Inject latency into chat-service")
    expect(dialog).to_contain_text("chat-service: refused.")
    press(dialog, "Close")

    press(banner(page, "halt"), "Release")
    expect(banner(page, "fault")).to_contain_text("No fault is in force.")
    dialog = ask_to_inject(page, "chat-service", "Inject Latency")
    fill_number(dialog, "Latency (ms)", 50)
    confirm(dialog, "Inject latency into chat-service")
    expect(chat).to_contain_text("latency active")
    press(chat, "Recover")
    expect(chat).not_to_contain_text("latency active")
