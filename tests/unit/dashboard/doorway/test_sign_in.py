"""The form that takes a token: what it answers, what it tells the browser, and where it sends people."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from tagent_dashboard.doorway.gate import COOKIE, Gate, Rules
from tagent_dashboard.doorway.headers import SafeAnswers
from tagent_dashboard.doorway.sessions import Sessions
from tagent_dashboard.doorway.sign_in import SignIn
from tests.fakes.access import ADDRESS, FakeAccess, refusal
from tests.fakes.asgi import ask


class Form:
    def __init__(
        self, platform_url: str = "http://127.0.0.1:1", has_accounts: bool = False
    ) -> None:
        self.access = FakeAccess()
        self.access.let_in("ann-s-token", "ann")
        self.sessions = Sessions(ADDRESS, connect=self.access.connect)
        routes = SignIn(self.sessions, platform_url, has_accounts=has_accounts).routes()
        self.app = SafeAnswers(Gate(Starlette(routes=routes), self.sessions, Rules(asks=True)))

    async def show(self, target: str = "/sign-in") -> httpx.Response:
        return await ask(self.app, "GET", target)

    async def post(self, token: str, target: str = "/sign-in", **more: Any) -> httpx.Response:
        return await ask(self.app, "POST", target, data={"token": token}, **more)


async def test_a_known_token_opens_a_session_and_leads_on() -> None:
    form = Form()
    answer = await form.post("  ann-s-token\n", "/sign-in?next=/incidents%3Fid%3Di7")
    assert (answer.status_code, answer.headers["location"]) == (303, "/incidents?id=i7")
    session = answer.cookies[COOKIE]
    person = form.sessions.find(session)
    assert person is not None
    assert person.name == "ann"
    said = answer.headers["set-cookie"].lower()
    assert "httponly" in said
    assert "samesite=lax" in said
    assert "max-age=43200" in said
    assert "; secure" not in said
    assert "ann-s-token" not in str(answer.headers)


async def test_over_https_every_cookie_is_for_https_alone() -> None:
    answer = await Form().post("ann-s-token", "https://tagent.example.com/sign-in")
    assert answer.headers["set-cookie"].lower().count("; secure") == 1


@pytest.mark.parametrize(
    ("token", "status", "words"),
    [
        ("stranger", 401, "mistyped, expired or revoked"),
        ("", 422, "paste the whole line"),
        ("two\nlines", 422, "paste the whole line"),
        ("tökén", 422, "paste the whole line"),
        ("x" * 5000, 413, "far too long"),
        ("sidecar", 403, "This is the token of a sidecar"),
    ],
)
async def test_what_is_no_person_s_token_is_refused_in_words(
    token: str, status: int, words: str
) -> None:
    form = Form()
    form.access.let_in("sidecar", "chat-1", "sidecar")
    answer = await form.post(token)
    assert answer.status_code == status
    assert words in answer.text
    assert "set-cookie" not in answer.headers
    assert not token or token not in answer.text or token == "sidecar"


async def test_a_platform_that_is_away_or_refuses_is_said_to() -> None:
    form = Form()
    form.access.is_down = True
    away = await form.post("ann-s-token")
    assert (away.status_code, "no platform answers" in away.text) == (503, True)
    form = Form()
    form.access.role_of = lambda _token: raising(refusal(429, "too many <b>tokens</b>"))  # type: ignore[method-assign]
    busy = await form.post("ann-s-token")
    assert (busy.status_code, "too many &lt;b&gt;tokens" in busy.text) == (429, True)


def raising(error: Exception) -> Any:
    raise error


async def test_another_page_s_form_signs_nobody_in() -> None:
    form = Form()
    answer = await form.post("ann-s-token", headers={"origin": "http://evil.example"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    own = await form.post("ann-s-token", headers={"origin": "http://127.0.0.1:8501"})
    assert own.status_code == 303


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/\t/evil.example",
        "/\n/evil.example", "\\\\evil.example", "", "evil", "/" + "x" * 2000,
    ],
)  # fmt: skip
async def test_nobody_is_sent_elsewhere(target: str) -> None:
    form = Form()
    where = f"/sign-in?next={quote(target, safe='')}"
    assert (await form.post("ann-s-token", where)).headers["location"] == "/"
    assert "evil" not in (await form.show(where)).text


async def test_the_form_keeps_where_somebody_wanted_to_go() -> None:
    wanted = "/service?name=a&b=\"><script>alert(1)</script>'"
    page = (await Form().show(f"/sign-in?next={quote(wanted, safe='')}")).text
    assert "<script" not in page
    action = page.split('action="')[1].split('"')[0]
    assert parse_qs(urlsplit(action).query)["next"] == [wanted]


async def test_signing_out_ends_the_session_and_takes_the_cookie_back() -> None:
    form = Form()
    session = (await form.post("ann-s-token")).cookies[COOKIE]
    cookie = {"cookie": f"{COOKIE}={session}"}
    foreign = {**cookie, "origin": "http://evil.example"}
    assert (await ask(form.app, "POST", "/sign-out", headers=foreign)).status_code == 403
    assert (await ask(form.app, "GET", "/sign-out", headers=cookie)).status_code == 405
    assert form.sessions.find(session) is not None
    answer = await ask(form.app, "POST", "/sign-out", headers=cookie)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    assert form.sessions.find(session) is None


async def test_everything_shown_is_text() -> None:
    text = (await Form(platform_url="http://x/<img src=x onerror=alert(1)>").show()).text
    assert "<img src=x" not in text
    assert "&lt;img src=x onerror" in text


async def test_the_page_may_run_nothing_and_stand_in_no_frame() -> None:
    headers = (await Form().show()).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "script-src" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


async def test_with_accounts_the_other_way_in_is_named() -> None:
    assert "organisation" not in (await Form().show()).text
    assert 'href="/faults"' in (await Form(has_accounts=True).show("/sign-in?next=/faults")).text
