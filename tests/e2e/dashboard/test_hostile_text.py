"""Whatever services and people write is text on every page: it makes no element, runs nothing, and is no markup."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from tagent_client.client import Client
from tagent_contract.experiments import (
    Catalog,
    ExperimentInfo,
    Promise,
    RunRequest,
    RunResult,
    Verdict,
)
from tagent_contract.incidents import IncidentState, TimelineEntry
from tests.e2e.dashboard.house import House, house
from tests.e2e.dashboard.person import open_whole

HOSTILE = (
    "<img src=x onerror=pwned=1><script>pwned=1</script> **bold** _slant_ :red[crimson] :material/home: "
    "$x^2$ `code` ~~struck~~ [click](javascript:pwned=1) ![pixel](x) &lt;b&gt;"
)
AS_WRITTEN = re.compile("\u2060?".join(map(re.escape, HOSTILE)))
"""With the word joiners, which nobody sees, that keep markup apart where Markdown has no other way."""
MADE_OF_IT = 'img[src="x"], a[href^="javascript:"], .katex, main script'
MARKED_UP = re.compile(r"^(bold|slant|crimson|code|struck|click)$")
SERVICE = "chat-service"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A service that logs hostile text, with as much of it in all that people can write."""
    with house(tmp_path_factory.mktemp("house"), ()) as one:
        one.stack.start_sidecar(SERVICE, "--say", HOSTILE)
        with one.stack.client() as client:
            run_with_hostile_text(client)
            error = {"type": "error", "reason": HOSTILE, "match": {"path": f"/{HOSTILE}*"}}
            client.inject(SERVICE, {"type": "error", "reason": HOSTILE})
            incident = one.stack.wait_for_incident(SERVICE, IncidentState.RESOLVED)
            client.note(incident.id, HOSTILE)
            client.inject(SERVICE, error)
            client.set_maintenance(SERVICE, HOSTILE, 600)
        yield one


def run_with_hostile_text(client: Client) -> None:
    """Publish an experiment and carry it out, with as much of it as can be written."""
    info = ExperimentInfo(
        name="hostile", title=HOSTILE, hypothesis=HOSTILE, targets=(SERVICE,), tags=(HOSTILE[:100],)
    )
    client.experiments.publish(Catalog(experiments=(info,)))
    request = RunRequest(
        experiment="hostile", targets=(SERVICE,), title=HOSTILE, hypothesis=HOSTILE, reason=HOSTILE
    )
    run = client.experiments.start(request)
    client.experiments.beat(run.id, HOSTILE)
    told = TimelineEntry(at="2026-01-31T09:30:00.000Z", kind="note", text=HOSTILE)
    broken = Promise(text=HOSTILE, kept=False, measured=HOSTILE[:200], allowed=HOSTILE[:200])
    client.experiments.finish(
        run.id,
        RunResult(verdict=Verdict.DEVIATED, why=HOSTILE, promises=(broken,), timeline=(told,)),
    )


def expect_plain(page: Page, within: str = "main") -> None:
    """See the text as it was written, and nothing made of it."""
    expect(page.locator(within)).to_contain_text(AS_WRITTEN)
    expect(page.locator(MADE_OF_IT)).to_have_count(0)
    expect(page.get_by_text(MARKED_UP)).to_have_count(0)
    assert page.evaluate("typeof pwned") == "undefined"


@pytest.mark.parametrize(
    "path", ["/", f"/service?name={SERVICE}", "/faults", "/events", "/experiments"]
)
def test_a_page_shows_it_as_it_is(page: Page, path: str) -> None:
    open_whole(page, path)
    expect_plain(page)


def test_an_incident_shows_it_as_it_is(page: Page, home: House) -> None:
    incident = home.stack.incidents(SERVICE)[0]
    open_whole(page, f"/incidents?id={incident.id}")
    expect_plain(page)
    page.get_by_text("Copy as Markdown").click()
    expect(page.get_by_test_id("stCode")).to_contain_text("onerror")
    expect_plain(page)


def test_a_fault_shows_it_as_it_is(page: Page, home: House) -> None:
    with home.stack.client() as client:
        fault = next(iter(client.faults(service=SERVICE)))
    open_whole(page, f"/faults?id={fault.id}")
    expect_plain(page)


def test_a_run_shows_it_as_it_is(page: Page, home: House) -> None:
    with home.stack.client() as client:
        run = next(iter(client.experiments.runs()))
    open_whole(page, f"/experiments?run={run.id}")
    expect_plain(page)
    page.get_by_text("Copy as Markdown").click()
    expect(page.get_by_test_id("stCode").first).to_contain_text("onerror")
    expect_plain(page)


def test_logs_show_it_as_it_is(page: Page) -> None:
    open_whole(page, f"/service?name={SERVICE}")
    expect_plain(page, "[data-testid=stCode]")


def test_the_reason_of_a_halt_is_shown_as_it_is(page: Page, home: House) -> None:
    with home.stack.client() as client:
        client.halt(HOSTILE)
        try:
            open_whole(page, "/")
            expect_plain(page, ".st-key-halt_banner")
        finally:
            client.release()


@pytest.mark.parametrize(
    "path", ["/service?name=", "/incidents?id=", "/faults?id=", "/experiments?run="]
)
def test_an_address_is_answered_with_it_as_it_is(page: Page, path: str) -> None:
    open_whole(page, path + quote(HOSTILE))
    expect_plain(page)
