"""The page that asks for a token, once. Plain HTML of our own: it works without scripts, and before anything else does."""

from __future__ import annotations

import html
from urllib.parse import parse_qs, urlsplit

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from tagent_client.errors import ApiError, TagentError
from tagent_dashboard.doorway.gate import COOKIE, SIGN_IN_PATH
from tagent_dashboard.doorway.sessions import Sessions

FORM_BYTES_MAX = 4096
SESSION_S = 12 * 3600

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
</main>
</body>
</html>
"""


class SignIn:
    """`GET` shows the form, `POST` takes the token; `POST /sign-out` ends the session."""

    def __init__(self, sessions: Sessions, platform_url: str) -> None:
        self._sessions = sessions
        self._platform_url = platform_url

    def routes(self) -> list[Route]:
        """Return where it is reached."""
        return [
            Route(SIGN_IN_PATH, self._show, methods=["GET"]),
            Route(SIGN_IN_PATH, self._take, methods=["POST"]),
            Route("/sign-out", self._end, methods=["POST"]),
        ]

    async def _show(self, request: Request) -> Response:
        return self._page(_next_of(request))

    async def _take(self, request: Request) -> Response:
        if not _is_same_origin(request):
            return PlainTextResponse("this form was not sent from the dashboard's own page\n", 403)
        target = _next_of(request)
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
        try:
            name = await anyio.to_thread.run_sync(self._sessions.sign_in, token)
        except ApiError as error:
            known = "The platform does not know this token, or it was revoked."
            return self._page(target, known if error.status == 401 else str(error), error.status)
        except TagentError as error:
            return self._page(target, f"{error}.", 503)
        return _with_session(target, name, request)

    async def _end(self, request: Request) -> Response:
        if not _is_same_origin(request):
            return PlainTextResponse("this form was not sent from the dashboard's own page\n", 403)
        self._sessions.sign_out(request.cookies.get(COOKIE))
        response = RedirectResponse(SIGN_IN_PATH, 303)
        response.delete_cookie(COOKIE)
        return response

    def _page(self, target: str, problem: str = "", status: int = 200) -> HTMLResponse:
        shown = f'<p role="alert">{html.escape(problem)}</p>' if problem else ""
        action = html.escape(f"{SIGN_IN_PATH}?next={target}")
        page = _PAGE.format(platform=html.escape(self._platform_url), problem=shown, action=action)
        return HTMLResponse(page, status, {"cache-control": "no-store"})


def _with_session(target: str, name: str, request: Request) -> Response:
    response = RedirectResponse(target, 303)
    response.set_cookie(
        COOKIE,
        name,
        max_age=SESSION_S,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return response


def _next_of(request: Request) -> str:
    """Return the page to go on to: one of ours, whatever was asked for."""
    target = request.query_params.get("next", "/")
    return target if target.startswith("/") and not target.startswith(("//", "/\\")) else "/"


def _is_same_origin(request: Request) -> bool:
    """Browsers say where a form was sent from; one from another page signs nobody in or out."""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
