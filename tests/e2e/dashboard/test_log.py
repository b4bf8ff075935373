"""What goes wrong in a page goes into the log, whole; the person gets one sentence."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.e2e.dashboard.browser import screenshot, tab
from tests.e2e.dashboard.house import start_dashboard
from tests.e2e.stack import stack

SERVICE = "chat-service"
FAILS_ON_PURPOSE = """
import sys
import streamlit as st
from tagent_dashboard.__main__ import main
from tagent_dashboard.pages import events, faults

def fail(where):
    raise ValueError(f"broken on purpose {where}")

events.show = lambda person: fail("in the page")
faults.show = lambda person: st.fragment(lambda: fail("in a fragment"))()
sys.exit(main(sys.argv[1:]))
"""


def test_an_error_of_ours_is_a_sentence_on_the_page_and_a_traceback_in_the_log(
    browser: Browser, tmp_path: Path
) -> None:
    with stack(tmp_path) as running:
        running.start_sidecar(SERVICE)
        program = (sys.executable, "-c", FAILS_ON_PURPOSE)
        dashboard = start_dashboard(running, program=program)
        with tab(browser, url=dashboard.url) as one:
            for path in ("/", "/settings", "/incidents"):
                one.page.goto(path)
                expect(one.page.locator("[data-test-script-state=notRunning]")).to_be_visible()
            for path in ("/faults", "/events"):
                one.page.goto(path)
                told = one.page.get_by_role("alert").filter(has_text="error in the dashboard")
                expect(told).to_be_visible()
                expect(one.page.get_by_test_id("stApp")).not_to_contain_text("on purpose")
            screenshot(one.page, "error-of-ours")
            one.page.get_by_role("link", name="Fleet").click()
            expect(one.page.get_by_text(SERVICE).first).to_be_visible()
        dashboard.process.terminate()
    lines = [json.loads(line) for line in dashboard.process.said().splitlines()]
    errors = [line for line in lines if line["level"] == "error"]
    assert [line["logger"] for line in errors] == ["streamlit.error_util"] * 2
    for line, where in zip(errors, ("in a fragment", "in the page"), strict=True):
        assert "Traceback" in line["error"]
        assert f"broken on purpose {where}" in line["error"]
    # Nothing of what was asked: neither by pages nor of the platform.
    assert [line["message"] for line in lines if line["level"] != "error"] == [
        f"serving on port {dashboard.url.rpartition(':')[2]}, without sign-in, for {running.url}"
    ]
