"""The page that asks for a token, once. Plain HTML of our own: it works without scripts, and before anything else does."""

from __future__ import annotations

import html
from urllib.parse import parse_qs, quote

import anyio
import anyio.to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from tagent_client.errors import ApiError, TagentError
from tagent_dashboard.doorway.gate import COOKIE, SIGN_IN_PATH
from tagent_dashboard.doorway.sessions import SESSION_S, UNAUTHORIZED, Sessions, WrongTokenError
from tagent_dashboard.doorway.way_back import safe_target

SIGN_OUT_PATH = "/sign-out"
FORM_BYTES_MAX = 4096
AT_ONCE = 8
"""Whoever signs in waits for the platform; more than these wait for each other, and not in the way of pages."""
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
}

_OTHER_WAY = '<p><a href="{target}">Sign in with your organisation\'s account instead</a></p>'
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sign in - Tagent</title>
<link rel="icon" href="/brand/favicon.png">
<link rel="stylesheet" href="/brand/sign_in.css">
</head>
<body>
<main>
<img src="/brand/logo.svg" alt="" width="56" height="56">
<h1>Sign in to Tagent</h1>
<p id="about">With a token of the platform at <strong>{platform}</strong>. On its own machine it is the line in
<code>.tagent/tokens/operator</code>; elsewhere an admin mints one: <code>tagent token create</code>.</p>
{problem}
<form method="post" action="{action}">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" required autofocus aria-describedby="about">
<button type="submit">Sign in</button>
</form>
{other_way}
</main>
</body>
</html>
"""


class SignIn:
    """`GET` shows the form, `POST` takes the token; `POST /sign-out` ends the session."""

    def __init__(self, sessions: Sessions, platform_url: str, *, has_accounts: bool) -> None:
        self._sessions = sessions
        self._platform_url = platform_url
        self._has_accounts = has_accounts
        self._limiter: anyio.CapacityLimiter | None = None

    def routes(self) -> list[Route]:
        """Return where it is reached."""
        return [
            Route(SIGN_IN_PATH, self._show, methods=["GET"]),
            Route(SIGN_IN_PATH, self._take, methods=["POST"]),
            Route(SIGN_OUT_PATH, self._end, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        return self._page(_target_of(request))

    async def _take(self, request: Request) -> Response:
        target = _target_of(request)
        body = bytearray()
        async for part in request.stream():
            body += part
            if len(body) > FORM_BYTES_MAX:
                return self._page(target, "That is no token: it is far too long.", 413)
        token = parse_qs(body.decode("latin-1")).get("token", [""])[0].strip()
        if not token or not (token.isascii() and token.isprintable()):
            return self._page(
                target, "That is no token: paste the whole line, and nothing else.", 422
            )
        # Made here, since it belongs to a running event loop.
        self._limiter = self._limiter or anyio.CapacityLimiter(AT_ONCE)
        try:
            name = await anyio.to_thread.run_sync(
                self._sessions.sign_in, token, limiter=self._limiter
            )
        except TagentError as error:
            return self._page(target, *_problem(error))
        return _with_session(target, name, request)

    async def _end(self, request: Request) -> Response:
        self._sessions.sign_out(request.cookies.get(COOKIE))
        response = RedirectResponse(SIGN_IN_PATH, 303)
        response.delete_cookie(COOKIE)
        return response

    def _page(self, target: str, problem: str = "", status: int = 200) -> HTMLResponse:
        shown = f'<p role="alert">{html.escape(problem)}</p>' if problem else ""
        action = f"{SIGN_IN_PATH}?next={quote(target, safe='/')}"
        page = _PAGE.format(
            platform=html.escape(self._platform_url),
            problem=shown,
            action=html.escape(action),
            other_way=_OTHER_WAY.format(target=html.escape(target)) if self._has_accounts else "",
        )
        return HTMLResponse(page, status, HEADERS)


def _problem(error: TagentError) -> tuple[str, int]:
    """Return what to say, and the status to say it with."""
    if isinstance(error, ApiError):
        if error.status == UNAUTHORIZED:
            return "The platform does not know this token: mistyped, expired or revoked.", 401
        return f"The platform refused: {error}.", error.status
    if isinstance(error, WrongTokenError):
        text = str(error)
        return f"{text[0].upper()}{text[1:]}.", 403
    return f"{error}.", 503


def _with_session(target: str, name: str, request: Request) -> Response:
    response = RedirectResponse(target, 303)
    response.set_cookie(
        COOKIE,
        name,
        max_age=int(SESSION_S),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


def _target_of(request: Request) -> str:
    return safe_target(request.query_params.get("next", "/"))
