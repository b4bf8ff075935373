"""Before everything else: a host that is ours, a page that is ours, and a session for whatever is not the way to get one.

Plain ASGI, since websockets pass here too. Only the scope's path counts: an URL put together with the Host header is the caller's to shape.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose

from tagent_dashboard.doorway.sessions import Sessions

COOKIE = "tagent_dashboard_session"
SIGN_IN_PATH = "/sign-in"
OPEN_PATHS = frozenset({SIGN_IN_PATH, "/_stcore/health"})
OPEN_FOLDER = "/brand/"
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})
CONNECTION_HEADER = b"x-tagent-connection"
"""Tells the page's script which connection it answers; what a caller sends under this name is thrown away."""
PASSED_ON = ("x-forwarded-for", "forwarded", "via")
SIGNED_OUT_CODE = 4401
REFUSED_CODE = 4403
GRACE_S = 10.0
"""How long a page stays connected after its session has ended: it says so by itself within a few seconds, if it is the page that we sent."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Whom to let in."""

    asks: bool
    """A session is needed."""
    hosts: Collection[str] = ()
    """The only names to answer to, where they are given. Without that, any page that a person visits could have its own name lead to their
    loopback and use the dashboard as theirs."""
    page_asks: bool = False
    """The page itself asks who somebody is, so that anybody may open it."""


class Gate:
    """Lets in who may come in, sends others to sign in, and ends what goes on after its session."""

    def __init__(self, app: ASGIApp, sessions: Sessions, rules: Rules) -> None:
        self._app = app
        self._sessions = sessions
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        refusal = self._refusal(connection)
        if refusal is not None:
            await _refuse(scope, receive, send, *refusal)
        elif self._rules.asks and not self._may_pass(connection):
            await _send_to_sign_in(scope, receive, send)
        elif scope["type"] == "websocket" and self._rules.asks:
            await self._attend(connection, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, connection: HTTPConnection) -> tuple[int, str] | None:
        headers, hosts = connection.headers, self._rules.hosts
        if hosts and _host(connection) not in hosts:
            return 421, f"this dashboard answers to {', '.join(sorted(hosts))} only"
        if hosts and any(name in headers for name in PASSED_ON):
            return (
                403,
                "this dashboard asks nobody who they are, and so is for this machine alone, but the request came through a proxy; "
                "set TAGENT_DASHBOARD_SIGN_IN=always to serve behind one",
            )
        if not is_same_origin(connection):
            return (
                403,
                "this was not sent from the dashboard's own page; a proxy in between must pass the Host header on",
            )
        return None

    def _may_pass(self, connection: HTTPConnection) -> bool:
        path = connection.scope["path"]
        if self._rules.page_asks or path in OPEN_PATHS or path.startswith(OPEN_FOLDER):
            return True
        return self._sessions.find(connection.cookies.get(COOKIE)) is not None

    async def _attend(self, connection: HTTPConnection, receive: Receive, send: Send) -> None:
        """Let a page talk until its session has ended: each thing it asks is an answer to whoever is signed in."""
        number = secrets.token_hex(16)
        scope = connection.scope
        scope["headers"] = [
            *(header for header in scope["headers"] if header[0] != CONNECTION_HEADER),
            (CONNECTION_HEADER, number.encode()),
        ]
        self._sessions.see(number, connection.cookies.get(COOKIE))
        is_closed = False

        async def receive_from_known() -> Message:
            nonlocal is_closed
            message = await receive()
            if message["type"] == "websocket.receive" and self._sessions.is_over(number, GRACE_S):
                is_closed = True
                reason = f"signed out; sign in at {SIGN_IN_PATH}"
                await send({"type": "websocket.close", "code": SIGNED_OUT_CODE, "reason": reason})
                return {"type": "websocket.disconnect", "code": SIGNED_OUT_CODE}
            return message

        async def send_to_known(message: Message) -> None:
            if not is_closed:
                await send(message)

        try:
            await self._app(scope, receive_from_known, send_to_known)
        finally:
            self._sessions.see_no_more(number)


def is_same_origin(connection: HTTPConnection) -> bool:
    """Tell whether one of our own pages sent this, or no page at all: browsers say where a request comes from if it is not for the page they are on."""
    origin = connection.headers.get("origin")
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc == connection.headers.get("host")
    except ValueError:
        return False


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
        code = SIGNED_OUT_CODE if status == 401 else REFUSED_CODE
        await WebSocketClose(code=code, reason=detail[:120])(scope, receive, send)
        return
    await PlainTextResponse(detail + "\n", status)(scope, receive, send)
