"""People with an organisation's account: a role from its claims, a token of their own, their name in the audit log."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tagent_contract.faults import Healing, Latency
from tests.e2e.dashboard.browser import Tab, screenshot, tab
from tests.e2e.dashboard.house import House, house
from tests.e2e.processes import eventually, free_port
from tests.fakes.oidc_provider import CLIENT_ID, CLIENT_SECRET, Provider, oidc_provider

SERVICE = "chat-service"
ROLES = '{"sre": "operator", "staff": "viewer"}'
ACCOUNTS = {
    "ada": {"sub": "1", "email": "ada@example.com", "email_verified": True, "groups": ["sre"]},
    "ben": {"sub": "2", "preferred_username": "healing", "groups": ["staff", "others"]},
    "eve": {"sub": "3", "email": "eve@example.com", "groups": ["<img src=x onerror=alert(1)>"]},
}
ENTER = "Sign in with your organisation's account"


@pytest.fixture(scope="module")
def port() -> int:
    return free_port()


@pytest.fixture(scope="module")
def provider(port: int) -> Iterator[Provider]:
    with oidc_provider(f"http://127.0.0.1:{port}/oauth2callback") as one:
        one.accounts.update(ACCOUNTS)
        yield one


@pytest.fixture(scope="module")
def home(
    tmp_path_factory: pytest.TempPathFactory, provider: Provider, port: int
) -> Iterator[House]:
    """One service, and a dashboard whose people have accounts."""
    settings = {
        "CLIENT_ID": CLIENT_ID,
        "CLIENT_SECRET": CLIENT_SECRET,
        "METADATA_URL": provider.metadata_url,
        "REDIRECT_URI": provider.redirect_uri,
        "COOKIE_SECRET": "only-for-this-test-" * 3,
        "ROLES": ROLES,
    }
    env = {f"TAGENT_OIDC_{name}": text for name, text in settings.items()}
    folder = tmp_path_factory.mktemp("house")
    with house(folder, (SERVICE,), port=port, **env) as one:
        yield one


def enter(page: Page, account: str, path: str = "/") -> None:
    """Open a page of the dashboard and sign in at the provider."""
    page.goto(path)
    expect(page.get_by_test_id("stMain")).not_to_contain_text(SERVICE)
    page.get_by_role("button", name=ENTER).click()
    page.get_by_label("Account").fill(account)
    page.get_by_role("button", name="Continue").click()


def roles_of(home: House, name: str) -> list[str]:
    """Return the roles of the tokens of that name."""
    with home.stack.client() as client:
        return [token.role for token in client.tokens() if token.name == name]


def test_a_claim_gives_a_role_and_the_audit_log_names_the_person(page: Page, home: House) -> None:
    enter(page, "ada", f"/service?name={SERVICE}")
    expect(page).to_have_url(f"{home.url}/service?name={SERVICE}")
    expect(page.get_by_test_id("stMain")).to_contain_text("HEALTHY")
    assert roles_of(home, "ada@example.com") == ["operator"]
    with home.stack.client() as client:
        # So that there is something to recover from: who is well has no such button to press.
        client.inject(SERVICE, Latency(latency_ms=1, ttl_s=60, healing=Healing.SUPPRESS))
    page.get_by_role("button", name="Recover", exact=True).first.click()
    eventually(
        "the deed of the person in the audit log",
        lambda: [event for event in home.stack.events(SERVICE) if event.actor == "ada@example.com"],
    )


def test_a_viewer_s_claim_makes_a_viewer_whose_name_is_no_actor_s_of_ours(
    page: Page, home: House
) -> None:
    enter(page, "ben")
    expect(page.get_by_test_id("stMain")).to_contain_text(SERVICE)
    expect(page.get_by_role("button", name="Recover", exact=True)).to_have_count(0)
    assert roles_of(home, "healing@127.0.0.1") == ["viewer"]
    assert roles_of(home, "healing") == []


def test_an_account_without_a_role_is_refused_in_words(watched: Tab, home: House) -> None:
    page = watched.page
    enter(page, "eve")
    expect(page.get_by_role("alert")).to_contain_text("but none of your groups has a role here")
    expect(page.get_by_test_id("stMain")).not_to_contain_text(SERVICE)
    screenshot(page, "sign-in-refused")
    assert roles_of(home, "eve@example.com") == []
    page.get_by_role("button", name="Sign in again").click()
    page.get_by_label("Account").fill("ben")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_test_id("stMain")).to_contain_text(SERVICE)


def test_signing_out_ends_every_page_and_revokes_the_token(
    browser: Browser, home: House, provider: Provider
) -> None:
    with tab(browser, url=home.url) as one:
        enter(one.page, "ada")
        expect(one.page.get_by_test_id("stMain")).to_contain_text(SERVICE)
        other = one.page.context.new_page()
        other.goto("/faults")
        expect(other.get_by_role("heading", name="Faults").first).to_be_visible()
        cookies = one.page.context.cookies()
        before, had = provider.sign_outs, roles_of(home, "ada@example.com")
        one.page.goto("/settings")
        one.page.get_by_role("button", name="Sign out").click()
        expect(one.page.get_by_role("button", name=ENTER)).to_be_visible()
        expect(other.get_by_test_id("stMain")).to_contain_text("Your sign-in is over")
        assert provider.sign_outs == before + 1
        eventually(
            "the token to be gone",
            lambda: len(roles_of(home, "ada@example.com")) == len(had) - 1,
        )
    with tab(browser, url=home.url) as thief:
        # What the browser had is worth nothing any more.
        thief.page.context.add_cookies(cookies)
        thief.page.goto("/")
        expect(thief.page.get_by_test_id("stMain")).to_contain_text("Your sign-in is over")


def test_cookies_are_not_for_scripts_and_the_platform_s_token_is_in_none(
    page: Page, home: House
) -> None:
    enter(page, "ada")
    expect(page.get_by_test_id("stMain")).to_contain_text(SERVICE)
    cookies = {cookie["name"]: cookie for cookie in page.context.cookies()}
    for name in ("_streamlit_user", "_streamlit_user_tokens"):
        assert cookies[name]["httpOnly"]
        assert cookies[name]["sameSite"] == "Lax"
    assert CLIENT_SECRET not in home.dashboard.process.said()
    assert page.evaluate("document.cookie").count("_streamlit_user") == 0


def test_a_token_still_signs_in_where_the_provider_is_away(page: Page, home: House) -> None:
    page.goto("/events")
    page.get_by_role("link", name="sign in with a token").click()
    page.get_by_label("Token").fill(home.stack.token("operator"))
    screenshot(page, "sign-in")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_test_id("stMain")).to_contain_text(SERVICE)
