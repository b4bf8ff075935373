"""Back from the provider, people land where they wanted to go, and nowhere else."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from tagent_dashboard.doorway.way_back import COOKIE, WayBack
from tests.fakes.asgi import ask

NAVIGATION = {"sec-fetch-mode": "navigate"}


async def callback(request: Request) -> Response:
    return RedirectResponse(request.query_params.get("to", "/"), 302)


async def page(_request: Request) -> Response:
    return PlainTextResponse("page")


APP = WayBack(Starlette(routes=[Route("/oauth2callback", callback), Route("/{path:path}", page)]))


async def test_the_page_that_was_opened_first_is_where_people_come_back_to() -> None:
    opened = await ask(APP, "GET", "/incidents?id=i%207&x=%C3%B6", headers=NAVIGATION)
    kept = opened.headers["set-cookie"]
    assert "HttpOnly; SameSite=Lax" in kept
    cookie = kept.split(";")[0]
    back = await ask(APP, "GET", "/oauth2callback?code=1", headers={"cookie": cookie})
    assert back.headers["location"] == "/incidents?id=i%207&x=%C3%B6"
    assert f"{COOKIE}=;" in back.headers["set-cookie"]


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/incidents", {}),
        ("/incidents", {**NAVIGATION, "cookie": "_streamlit_user=x"}),
        ("/sign-in", NAVIGATION),
        ("/auth/login?provider=x", NAVIGATION),
    ],
)
async def test_nothing_is_kept_of_what_is_no_page_that_a_stranger_opens(
    path: str, headers: dict[str, str]
) -> None:
    assert "set-cookie" not in (await ask(APP, "GET", path, headers=headers)).headers


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example", "/\t/evil.example", "/\\evil.example", ""]
)
async def test_a_cookie_from_elsewhere_leads_nowhere_else(wanted: str) -> None:
    cookie = f"{COOKIE}={quote(wanted, safe='')}"
    back = await ask(APP, "GET", "/oauth2callback", headers={"cookie": cookie})
    assert back.headers["location"] == "/"


async def test_streamlit_s_own_redirects_to_elsewhere_stay_as_they_are() -> None:
    headers = {"cookie": f"{COOKIE}=%2Fevents"}
    back = await ask(APP, "GET", "/oauth2callback?to=/other", headers=headers)
    assert back.headers["location"] == "/other"
