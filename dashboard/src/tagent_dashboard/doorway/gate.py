"""Before everything else: a host that is ours, and a session for whatever is not the way to get one. Plain ASGI, since websockets pass here too."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import quote, urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from tagent_dashboard.doorway.sessions import Sessions

COOKIE = "tagent_dashboard_session"
SIGN_IN_PATH = "/sign-in"
OPEN_PATHS = ("/sign-in", "/_stcore/health", "/brand/")
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


class Gate:
    """Lets in who has a session; sends others to sign in. `hosts` are the only names it answers to, where they are given.

    Without a check of the name, any page that a person visits could have its own name lead to their loopback and use the dashboard as theirs.
    """

    def __init__(
        self,
        app: ASGIApp,
        sessions: Sessions,
        *,
        asks_for_token: bool,
        hosts: Collection[str] = (),
    ) -> None:
        self._app = app
        self._sessions = sessions
        self._asks_for_token = asks_for_token
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        if self._hosts and _host(connection) not in self._hosts:
            detail = f"this dashboard answers to {', '.join(sorted(self._hosts))} only"
            await _refuse(scope, receive, send, 421, detail)
        elif self._asks_for_token and not self._is_known(connection):
            await _send_to_sign_in(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_known(self, connection: HTTPConnection) -> bool:
        if connection.url.path.startswith(OPEN_PATHS):
            return True
        return self._sessions.find(connection.cookies.get(COOKIE)) is not None


def _host(connection: HTTPConnection) -> str:
    try:
        return urlsplit(f"//{connection.headers.get('host', '')}").hostname or ""
    except ValueError:
        return ""


async def _send_to_sign_in(scope: Scope, receive: Receive, send: Send) -> None:
    is_page = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
    if not is_page or scope["path"].startswith("/_stcore"):
        await _refuse(scope, receive, send, 401, f"sign in at {SIGN_IN_PATH} first")
        return
    query = scope.get("query_string", b"").decode("latin-1")
    wanted = scope["path"] + (f"?{query}" if query else "")
    target = f"{SIGN_IN_PATH}?next={quote(wanted, safe='/')}"
    await RedirectResponse(target, 303)(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, detail: str) -> None:
    if scope["type"] == "websocket":
        await WebSocketClose(code=4401 if status == 401 else 4403, reason=detail)(
            scope, receive, send
        )
        return
    await PlainTextResponse(detail + "\n", status)(scope, receive, send)
