"""A person asks for an experiment, sees it wait, go on and be judged, and reads what that is worth; no Chaos Toolkit is needed for that."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tagent_client.client import Client
from tagent_contract.experiments import (
    Catalog,
    ExperimentInfo,
    HealerFigures,
    Promise,
    RunRequest,
    RunResult,
    RunView,
    Verdict,
)
from tagent_contract.incidents import TimelineEntry
from tests.e2e.dashboard.accessibility import sideways_px, violations
from tests.e2e.dashboard.browser import DESK, PHONE, Tab, screenshot, tab
from tests.e2e.dashboard.house import House, house
from tests.e2e.dashboard.person import confirm, follow, main, open_whole, press, service_path
from tests.e2e.processes import eventually

SERVICE, OTHER = "chat-service", "demo-service"
CRASH, HANG = "crash-is-cured", "hang-is-cured"
PATH = "/experiments?refresh=1s"
CATALOG = Catalog(
    experiments=(
        ExperimentInfo(
            name=CRASH,
            title="A crash is cured",
            hypothesis="Killed, it is back in time.",
            targets=(SERVICE,),
            tags=("fast",),
        ),
        ExperimentInfo(
            name=HANG, title="A hang is cured", hypothesis="<b>Frozen</b>, it is back.", targets=(OTHER,)
        ),
    )
)  # fmt: skip


def result(verdict: Verdict = Verdict.PASSED, why: str = "") -> RunResult:
    """Return what a run of seven seconds may say of itself."""
    told = ("armed", "first_affected", "detected", "restarted", "healthy", "verified", "resolved")
    timeline = tuple(
        TimelineEntry(at=f"2026-01-31T09:30:{number:02d}.000Z", kind=kind, text=f"{kind} it was")
        for number, kind in enumerate(told)
    )
    return RunResult(
        verdict=verdict,
        why=why,
        promises=(
            Promise(text="it is healthy", kept=True, measured="HEALTHY", allowed="HEALTHY"),
            Promise(text="back in time", kept=not why, measured="9 s", allowed="5 s"),
        ),
        injected=3,
        mttd_s=(2.0,),
        mttr_s=(4.0,),
        healer=HealerFigures(healed=1),
        timeline=timeline,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Two services, and a dashboard that asks who somebody is."""
    with house(
        tmp_path_factory.mktemp("house"), (SERVICE, OTHER), TAGENT_DASHBOARD_SIGN_IN="always"
    ) as one:
        yield one


@pytest.fixture
def client(home: House) -> Iterator[Client]:
    """The runner's; the catalog is published, and no run is left over."""
    with home.stack.client() as one:
        one.experiments.publish(CATALOG)
        yield one
        for run in one.experiments.runs(unended=True):
            one.experiments.stop(run.id)
            if run.runner:
                one.experiments.finish(run.id, RunResult(verdict=Verdict.ABORTED))


@pytest.fixture
def page(watched: Tab, home: House) -> Page:
    """A page of an operator."""
    return sign_in(watched.page, home, "operator")


def sign_in(page: Page, home: House, role: str) -> Page:
    page.goto("/")
    page.get_by_label("Token").fill(home.stack.token(role))
    page.get_by_role("button", name="Sign in").click()
    expect(main(page).get_by_role("heading").first).to_be_visible()
    return page


def row(page: Page, name: str) -> Locator:
    """Find an experiment in the catalog."""
    return page.locator(f"li[data-experiment={name}]")


def going_on(page: Page, run: RunView) -> Locator:
    """Find a run among those that wait or go on."""
    return page.locator(f".st-key-run-{run.id}")


def ask_to_run(page: Page, name: str) -> Locator:
    """Press `Run` in the catalog, and return the dialog that asks back."""
    press(row(page, name), f"Run {name}")
    dialog = page.get_by_role("dialog", name="Run 1 experiment")
    expect(dialog).to_contain_text("on purpose")
    return dialog


def only_open_run(client: Client) -> RunView:
    """Return the run that was just asked for."""

    def look() -> RunView | None:
        found = list(client.experiments.runs(unended=True))
        return found[0] if found else None

    return eventually("the run that was asked for", look)


def carried_out(client: Client, name: str, service: str, came_of_it: RunResult) -> RunView:
    """Carry out a run beside the page, as a command does."""
    run = client.experiments.start(RunRequest(experiment=name, targets=(service,), title=name))
    return client.experiments.finish(run.id, came_of_it)


def test_without_a_catalog_the_page_says_what_to_do(page: Page) -> None:
    open_whole(page, PATH)
    expect(main(page)).to_contain_text("No experiment is known yet")
    expect(main(page).get_by_test_id("stCode")).to_contain_text("tagent chaos runner")


def test_an_experiment_is_asked_for_carried_out_and_judged(page: Page, client: Client) -> None:
    open_whole(page, PATH)
    expect(row(page, CRASH)).to_contain_text("never run")
    expect(row(page, HANG)).to_contain_text("<b>Frozen</b>, it is back.")
    expect(main(page)).to_contain_text("not proven yet")
    dialog = ask_to_run(page, CRASH)
    expect(dialog).to_contain_text(f"This breaks {SERVICE} on purpose")
    dialog.get_by_role("textbox", name="Reason").fill("release 2.4")
    confirm(dialog, f"Run {CRASH}")
    run = only_open_run(client)
    assert (run.reason, run.targets) == ("release 2.4", (SERVICE,))
    expect(going_on(page, run)).to_contain_text("WAITING")
    expect(row(page, CRASH)).to_contain_text("WAITING")
    expect(row(page, CRASH).get_by_role("button")).to_have_attribute("aria-disabled", "true")
    # Nobody claims it: that is said, with what to do.
    expect(main(page)).to_contain_text("no runner is there")
    expect(main(page).get_by_test_id("stCode")).to_contain_text("tagent chaos runner")
    screenshot(page, "experiments-no-runner")

    assert client.experiments.claim("runner-1") is not None
    client.experiments.beat(run.id, "kills its process")
    expect(going_on(page, run)).to_contain_text("RUNNING")
    expect(going_on(page, run)).to_contain_text("kills its process")
    expect(going_on(page, run)).to_contain_text("by runner-1")
    expect(main(page)).not_to_contain_text("no runner is there")
    client.experiments.finish(run.id, result())
    expect(row(page, CRASH)).to_contain_text("passed")
    expect(going_on(page, run)).to_have_count(0)
    # Of the two services one is proven.
    expect(main(page)).to_contain_text("50 of 100")
    expect(page.get_by_role("img", name=re.compile("^Score of All services"))).to_be_visible()
    expect(main(page).get_by_role("row", name=re.compile("healed 1 "))).to_be_visible()


def test_a_run_is_stopped(page: Page, client: Client) -> None:
    run = client.experiments.start(RunRequest(experiment=HANG, targets=(OTHER,), title="A hang"))
    open_whole(page, PATH)
    press(going_on(page, run), "Stop")
    expect(going_on(page, run)).to_contain_text("Being stopped, asked by local-operator")
    expect(going_on(page, run).get_by_role("button", name="Stop")).to_have_count(0)
    assert client.experiments.beat(run.id).stop_asked_by == "local-operator"
    client.experiments.finish(run.id, RunResult(verdict=Verdict.ABORTED, why="it was stopped"))
    expect(going_on(page, run)).to_have_count(0)
    expect(row(page, HANG)).to_contain_text("aborted")
    expect(row(page, HANG)).to_contain_text("it was stopped")


def test_all_that_are_shown_are_asked_for_together(page: Page, client: Client) -> None:
    open_whole(page, PATH)
    press(main(page), "Run all 2…")
    dialog = page.get_by_role("dialog", name="Run 2 experiments")
    expect(dialog).to_contain_text(f"This breaks {SERVICE}, {OTHER} on purpose")
    confirm(dialog, "Run 2 experiments")
    expect(main(page).locator("[class*=st-key-run-]").filter(has_text="WAITING")).to_have_count(2)
    runs = list(client.experiments.runs(unended=True))
    assert {run.experiment for run in runs} == {CRASH, HANG}
    press(going_on(page, runs[0]), "Stop")
    expect(going_on(page, runs[0])).to_have_count(0)


def test_a_run_is_read_by_its_address_and_taken_along(page: Page, client: Client) -> None:
    why = "back in time: measured 9 s, allowed 5 s"
    run = carried_out(client, CRASH, SERVICE, result(Verdict.DEVIATED, why))
    open_whole(page, f"/experiments?run={run.id}")
    expect(main(page)).to_contain_text("deviated")
    expect(main(page)).to_contain_text("Back in time: measured 9 s, allowed 5 s.")
    promises = main(page).get_by_role("table").first
    expect(promises.get_by_role("row").nth(1)).to_contain_text(re.compile("broken.*back in time"))
    expect(page.get_by_role("img", name=re.compile("^Timeline of the run"))).to_be_visible()
    expect(main(page)).to_contain_text("first_affected it was")
    expect(main(page).get_by_test_id("stCode").first).to_contain_text(f"tagent chaos run {CRASH}")
    with page.expect_download() as download:
        press(main(page), "JSON")
    assert json.loads(download.value.path().read_bytes())["verdict"] == "deviated"
    with page.expect_download() as download:
        press(main(page), "Markdown")
    assert "| BROKEN | back in time | 9 s | 5 s |" in download.value.path().read_text()
    press(main(page), "Run again…")
    expect(page.get_by_role("dialog", name="Run 1 experiment")).to_be_visible()
    press(page.get_by_role("dialog"), "Cancel")
    follow(page, "All experiments")
    expect(page).to_have_url(re.compile(r"/experiments$"))
    row(page, CRASH).get_by_role("link", name=re.compile("^deviated")).last.click()
    expect(page).to_have_url(re.compile(f"run={run.id}"))


def test_a_run_that_is_not_there_is_answered_in_words(page: Page) -> None:
    open_whole(page, "/experiments?run=no-such-run")
    expect(main(page)).to_contain_text("There is no run no-such-run.")


def test_a_service_and_the_events_lead_to_the_run(page: Page, client: Client) -> None:
    open_whole(page, service_path(SERVICE))
    run = client.experiments.start(RunRequest(experiment=CRASH, targets=(SERVICE,)))
    expect(main(page)).to_contain_text("reserved by a run of an experiment")
    follow(page, CRASH)
    expect(page).to_have_url(re.compile(f"run={run.id}"))
    expect(main(page)).to_contain_text("RUNNING")
    open_whole(page, "/events")
    expect(page.get_by_role("link", name=f"run {run.id}").first).to_be_visible()


def test_a_viewer_sees_everything_and_why_nothing_can_be_run(
    watched: Tab, home: House, client: Client
) -> None:
    page = sign_in(watched.page, home, "viewer")
    run = client.experiments.start(RunRequest(experiment=CRASH, targets=(SERVICE,)))
    for path in (PATH, f"/experiments?run={run.id}"):
        open_whole(page, path)
        expect(main(page)).to_contain_text("RUNNING")
        expect(main(page).get_by_role("button", name=re.compile("^(Run|Stop)"))).to_have_count(0)
    open_whole(page, PATH)
    expect(main(page)).to_contain_text("needs the role operator; yours is viewer")


@pytest.mark.parametrize(("size", "dark"), [(DESK, True), (PHONE, False)])
def test_the_pages_suit_everyone(
    browser: Browser, home: House, client: Client, size: tuple[int, int], dark: bool
) -> None:
    over = carried_out(client, HANG, OTHER, result(Verdict.DEVIATED, "too late"))
    client.experiments.start(RunRequest(experiment=CRASH, targets=(SERVICE,), title="A crash"))
    look = f"{'phone' if size is PHONE else 'desk'}{'-dark' if dark else ''}"
    with tab(browser, url=home.url, size=size, dark=dark) as one:
        sign_in(one.page, home, "operator")
        for name, path in (("experiments", PATH), ("run", f"/experiments?run={over.id}")):
            open_whole(one.page, path)
            screenshot(one.page, f"{name}-{look}", whole=True)
            assert violations(one.page) == []
            assert sideways_px(one.page) <= 0
