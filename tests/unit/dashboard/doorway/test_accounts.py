"""A token for each person who signs in with an account, and its end."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from tagent_dashboard.doorway.accounts import Accounts
from tagent_dashboard.doorway.identity import NotAdmittedError
from tagent_dashboard.doorway.sessions import SESSION_S, Sessions
from tagent_dashboard.settings import OidcSettings
from tests.fakes.access import ADDRESS, FakeAccess

SETTINGS = OidcSettings(
    client_id="tagent",
    client_secret="s",
    metadata_url="https://login.example.com/.well-known/openid-configuration",
    redirect_uri="https://tagent.example.com/oauth2callback",
    cookie_secret="c" * 32,
    roles={"sre": "operator"},
)
SIGNED_IN_AT = 1_000_000.0


def claims(**changes: Any) -> dict[str, Any]:
    known = {
        "iss": "https://login.example.com",
        "sub": "1",
        "iat": SIGNED_IN_AT,
        "email": "ada@example.com",
        "groups": ["sre"],
    }
    return {**known, **changes}


class Desk:
    def __init__(self) -> None:
        self.access = FakeAccess()
        self.now = SIGNED_IN_AT + 60.0
        self.sessions = Sessions(ADDRESS, now=lambda: self.now, connect=self.access.connect)
        self.accounts = Accounts(
            SETTINGS, ADDRESS, self.sessions, now=lambda: self.now, connect=self.access.connect
        )

    def settle(self) -> None:
        for thread in threading.enumerate():
            if thread.name == "revoke":
                thread.join(20)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_person_gets_one_token_with_their_name_and_role_until_their_sign_in_is_over(
    desk: Desk,
) -> None:
    names = {desk.accounts.session_of(claims()) for _ in range(3)}
    assert desk.access.minted == [("ada@example.com", "operator", SESSION_S - 60.0)]
    (name,) = names
    person = desk.sessions.find(name)
    assert person is not None
    assert (person.name, person.role) == ("ada@example.com", "operator")
    assert person.client.whoami().name == "ada@example.com"


def test_pages_that_are_opened_at_once_share_one_token(desk: Desk) -> None:
    desk.access.answering.clear()
    threads = [
        threading.Thread(target=desk.accounts.session_of, args=(claims(),)) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    desk.access.answering.set()
    for thread in threads:
        thread.join(20)
    assert len(desk.access.minted) == 1


def test_signing_out_revokes_the_token_and_the_same_sign_in_counts_no_more(desk: Desk) -> None:
    name = desk.accounts.session_of(claims())
    desk.sessions.sign_out(name)
    desk.settle()
    assert desk.access.revoked == ["t0"]
    with pytest.raises(NotAdmittedError, match="over"):
        desk.accounts.session_of(claims())
    assert desk.accounts.session_of(claims(iat=SIGNED_IN_AT + 30.0)) != name


def test_a_sign_in_is_over_after_twelve_hours_even_for_a_dashboard_that_has_just_started(
    desk: Desk,
) -> None:
    desk.now = SIGNED_IN_AT + SESSION_S
    with pytest.raises(NotAdmittedError, match="over"):
        desk.accounts.session_of(claims())
    assert desk.access.minted == []


def test_a_token_that_cannot_be_revoked_is_left_to_its_end(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    name = desk.accounts.session_of(claims())
    desk.access.is_down = True
    desk.sessions.sign_out(name)
    desk.settle()
    assert desk.sessions.find(name) is None
    assert "lives on until it expires" in caplog.text
    assert "secret" not in caplog.text


def test_without_an_admin_s_token_the_dashboard_says_what_it_lacks(desk: Desk) -> None:
    desk.access.let_in("own", "local-operator", "operator")
    with pytest.raises(NotAdmittedError, match=r"must set TAGENT_TOKEN to an admin's"):
        desk.accounts.session_of(claims())


def test_a_platform_that_is_away_is_said_to_be(desk: Desk) -> None:
    desk.access.is_down = True
    with pytest.raises(NotAdmittedError, match=r"no platform answers .* Try again"):
        desk.accounts.session_of(claims())
    desk.access.is_down = False
    assert desk.accounts.session_of(claims())


def test_no_role_no_token(desk: Desk) -> None:
    with pytest.raises(NotAdmittedError, match="TAGENT_OIDC_ROLES"):
        desk.accounts.session_of(claims(groups=["others"]))
    assert desk.access.minted == []
