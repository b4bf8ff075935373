"""Where somebody wanted to go before they had to sign in elsewhere: Streamlit's sign-in always comes back to the first page."""

from __future__ import annotations

from urllib.parse import quote, unquote

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tagent_dashboard.settings import CALLBACK_PATH

COOKIE = "tagent_dashboard_next"
ACCOUNT_COOKIE = "_streamlit_user"
KEPT_S = 600
TARGET_LENGTH_MAX = 1000


def safe_target(wanted: str) -> str:
    """Return the page to go on to: one of ours, whatever was asked for."""
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    # Browsers leave out tabs and line ends, which could hide a second slash.
    is_plain = wanted.isprintable() and len(wanted) <= TARGET_LENGTH_MAX
    return wanted if is_ours and is_plain else "/"


class WayBack:
    """Remembers the page that was opened first in a cookie, and goes there once the provider has sent somebody back."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                if scope["path"] == CALLBACK_PATH:
                    _go_on(connection, message)
                elif _is_opened_by_a_stranger(connection):
                    _remember(connection, message)
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _is_opened_by_a_stranger(connection: HTTPConnection) -> bool:
    is_navigation = connection.headers.get("sec-fetch-mode") == "navigate"
    return is_navigation and ACCOUNT_COOKIE not in connection.cookies


def _remember(connection: HTTPConnection, message: Message) -> None:
    path = connection.scope["path"]
    if message["status"] != 200 or path.startswith(("/auth/", "/sign-in", "/_stcore/")):
        return
    query = connection.scope.get("query_string", b"").decode("latin-1")
    target = safe_target(quote(path, safe="/") + (f"?{query}" if query else ""))
    _set_cookie(message, quote(target, safe=""), KEPT_S)


def _go_on(connection: HTTPConnection, message: Message) -> None:
    headers = MutableHeaders(scope=message)
    target = safe_target(unquote(connection.cookies.get(COOKIE, "")))
    if headers.get("location") == "/" and target != "/":
        headers["location"] = target
        _set_cookie(message, "", 0)


def _set_cookie(message: Message, value: str, max_age_s: int) -> None:
    cookie = f"{COOKIE}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax"
    MutableHeaders(scope=message).append("set-cookie", cookie)
