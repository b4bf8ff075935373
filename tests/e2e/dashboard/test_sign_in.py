"""Where the dashboard is for more than this machine, each person signs in with a token of their own."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.dashboard.browser import Tab, screenshot, tab
from tests.e2e.dashboard.house import Dashboard, House, start_dashboard
from tests.e2e.processes import eventually
from tests.e2e.stack import stack

SERVICE = "chat-service"
SOONER_THAN_THE_CLIENT_S = 12.0
"""A client gives up on an answer after 15 s: whoever waits for it takes longer than this."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """One service, and a dashboard on every address that has no token of its own."""
    folder = tmp_path_factory.mktemp("house")
    with stack(folder) as running:
        running.start_sidecar(SERVICE)
        env = {"TAGENT_HOME": str(folder / "no home"), "TAGENT_DASHBOARD_HOST": "0.0.0.0"}
        yield House(running, start_dashboard(running, **env))


def sign_in(page: Page, token: str) -> None:
    page.get_by_label("Token").fill(token)
    page.get_by_role("button", name="Sign in").click()


def minted(home: House, name: str, role: str = "operator") -> tuple[str, str]:
    """Return the id and the secret of a new token."""
    with home.stack.client() as client:
        view = client.mint_token(name, role)
    assert view.token
    return view.id, view.token


def revoke(home: House, token_id: str) -> None:
    with home.stack.client() as client:
        client.revoke_token(token_id)


def test_a_person_signs_in_goes_where_they_wanted_and_signs_out(watched: Tab, home: House) -> None:
    page = watched.page
    page.goto(f"/service?name={SERVICE}")
    expect(page).to_have_title("Sign in - Tagent")
    screenshot(page, "sign-in-token")
    watched.watch.expect_complaint("status of 401")
    sign_in(page, "mistyped")
    expect(page.get_by_role("alert")).to_contain_text("mistyped, expired or revoked")
    _, token = minted(home, "ann")
    sign_in(page, token)
    expect(page).to_have_url(f"{home.url}/service?name={SERVICE}")
    expect(page.get_by_test_id("stMain")).to_contain_text("HEALTHY")
    (cookie,) = [one for one in page.context.cookies() if "session" in one["name"]]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    assert token not in str(page.context.cookies())
    other = page.context.new_page()
    other.goto("/faults")
    expect(other.get_by_role("heading", name="Faults").first).to_be_visible()

    page.goto("/settings")
    expect(page.get_by_test_id("stMain")).to_contain_text("ann")
    page.get_by_role("button", name="Sign out").click()

    expect(page).to_have_title("Sign in - Tagent")
    expect(other.get_by_test_id("stMain")).to_contain_text("You are signed out.")
    other.get_by_role("link", name="Sign in to go on").click()
    expect(other).to_have_url(f"{home.url}/sign-in?next=%2Ffaults")
    assert token not in home.dashboard.process.said()


def test_a_revoked_token_opens_nothing_any_more_and_the_others_go_on_seeing(
    browser: Browser, home: House
) -> None:
    first, lent = minted(home, "lender")
    _, other = minted(home, "other", "viewer")
    with tab(browser, url=home.url) as one, tab(browser, url=home.url) as two:
        for each, token in ((one, lent), (two, other)):
            each.page.goto("/")
            sign_in(each.page, token)
            expect(each.page.get_by_test_id("stMain")).to_contain_text(SERVICE)
        revoke(home, first)
        expect(one.page.get_by_test_id("stMain")).to_contain_text(
            "You are signed out.", timeout=60_000
        )
        with home.stack.client() as client:
            client.inject(SERVICE, {"type": "error", "healing": "observe"})
        expect(two.page.get_by_test_id("stMain")).to_contain_text("UNHEALTHY")
        with home.stack.client() as client:
            client.recover(SERVICE)


def test_nothing_but_the_way_in_is_open(home: House) -> None:
    for path in ("/", "/incidents?id=1", "/static/js/index.js", "/media/x", "/sign-in/../faults"):
        answer = httpx.get(home.url + path, verify=False)
        assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/sign-in")
    for path in ("/_stcore/host-config", "/_stcore/metrics", "/_stcore/stream"):
        assert httpx.get(home.url + path, verify=False).status_code == 401
    assert httpx.get(f"{home.url}/_stcore/health", verify=False).is_success
    assert httpx.get(f"{home.url}/brand/favicon.png", verify=False).is_success
    assert httpx.get(f"{home.url}/", headers={"host": "x/sign-in?"}, verify=False).status_code in (
        303,
        400,
    )


def upgrade(dashboard: Dashboard, **headers: str) -> int:
    """Return the status that a websocket's handshake is answered with."""
    asked = {
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        **headers,
    }
    with httpx.stream(
        "GET", f"{dashboard.url}/_stcore/stream", headers=asked, verify=False
    ) as answer:
        return answer.status_code


def test_a_websocket_needs_a_session_and_a_page_of_ours(home: House) -> None:
    assert upgrade(home.dashboard) == 403
    _, token = minted(home, "ann")
    signed_in = httpx.post(f"{home.url}/sign-in", data={"token": token}, verify=False)
    cookie = signed_in.headers["set-cookie"].split(";")[0]
    assert upgrade(home.dashboard, cookie=cookie) == 101
    assert upgrade(home.dashboard, cookie=cookie, origin="http://localhost:3000") == 403


def test_a_dashboard_for_this_machine_alone_is_deaf_to_others(tmp_path: Path) -> None:
    with stack(tmp_path) as running:
        dashboard = start_dashboard(running)
        assert httpx.get(dashboard.url, verify=False).is_success
        assert upgrade(dashboard) == 101
        rebound = {"host": f"evil.example:{dashboard.url.rpartition(':')[2]}"}
        assert httpx.get(dashboard.url, headers=rebound, verify=False).status_code == 421
        assert upgrade(dashboard, **rebound) == 403
        assert upgrade(dashboard, origin="http://evil.example") == 403


def test_behind_a_proxy_that_ends_tls_the_session_is_for_https_alone(tmp_path: Path) -> None:
    with stack(tmp_path) as running:
        dashboard = start_dashboard(running, TAGENT_DASHBOARD_SIGN_IN="always")
        passed_on = {
            "host": "tagent.example.com",
            "origin": "https://tagent.example.com",
            "x-forwarded-proto": "https",
            "x-forwarded-for": "203.0.113.7",
        }
        form = {"token": running.token("viewer")}
        signed_in = httpx.post(
            f"{dashboard.url}/sign-in", data=form, headers=passed_on, verify=False
        )
        assert signed_in.status_code == 303
        assert "; Secure" in signed_in.headers["set-cookie"]
        cookie = signed_in.headers["set-cookie"].split(";")[0]
        assert upgrade(dashboard, **passed_on, cookie=cookie) == 101
        local = start_dashboard(running)
        assert (
            httpx.get(local.url, headers={"x-forwarded-for": "x"}, verify=False).status_code == 403
        )


def test_a_page_opens_at_once_while_the_platform_hangs(browser: Browser, tmp_path: Path) -> None:
    with stack(tmp_path) as running:
        running.start_sidecar(SERVICE)
        dashboard = start_dashboard(running)
        with tab(browser, url=dashboard.url) as one:
            one.page.goto("/")
            expect(one.page.get_by_test_id("stMain")).to_contain_text(SERVICE)
        assert running.platform is not None
        running.platform.popen.send_signal(signal.SIGSTOP)
        again = start_dashboard(running)
        with tab(browser, url=again.url) as two:
            two.page.goto("/")
            expect(two.page.get_by_role("link", name="Events")).to_be_visible(
                timeout=SOONER_THAN_THE_CLIENT_S * 1000
            )
        again.process.popen.terminate()
        eventually("its end", lambda: not again.process.running, SOONER_THAN_THE_CLIENT_S)
