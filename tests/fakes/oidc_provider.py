"""A small OpenID provider on the loopback: discovery, a page to sign in on, signed identity tokens, keys and sign-out; no more than one client."""

from __future__ import annotations

import base64
import hashlib
import html
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse
from starlette.responses import Response as Answer
from starlette.routing import Route

from tests.e2e.processes import eventually, free_port

CLIENT_ID = "tagent-dashboard"
CLIENT_SECRET = "known-to-the-client-alone"
TOKEN_LASTS_S = 300

_PAGE = """<!doctype html><html lang="en"><head><title>Provider</title><link rel="icon" href="data:,"></head><body>
<h1>Who are you?</h1><form method="post" action="/authorize?{query}">
<label>Account <input name="account" autofocus></label> <button>Continue</button></form></body></html>"""


@dataclass
class Provider:
    """Knows accounts by name, each with its claims; `grants` are the codes that were given out and not yet used."""

    port: int
    redirect_uri: str
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    grants: dict[str, tuple[dict[str, Any], dict[str, str]]] = field(default_factory=dict)
    sign_outs: int = 0
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "k1"}))

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def metadata_url(self) -> str:
        return f"{self.issuer}/.well-known/openid-configuration"

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/jwks", self._jwks),
                Route("/authorize", self._ask, methods=["GET"]),
                Route("/authorize", self._authorize, methods=["POST"]),
                Route("/token", self._token, methods=["POST"]),
                Route("/logout", self._logout),
            ]
        )

    async def _metadata(self, _request: Request) -> Answer:
        return JSONResponse(
            {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/jwks",
                "end_session_endpoint": f"{self.issuer}/logout",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def _jwks(self, _request: Request) -> Answer:
        return JSONResponse({"keys": [self.key.as_dict(private=False)]})

    async def _ask(self, request: Request) -> Answer:
        asked = request.query_params
        if (asked.get("client_id"), asked.get("redirect_uri")) != (CLIENT_ID, self.redirect_uri):
            return PlainTextResponse("no such client", 400)
        return HTMLResponse(_PAGE.format(query=html.escape(str(asked))))

    async def _authorize(self, request: Request) -> Answer:
        asked = dict(request.query_params)
        account = (await request.body()).decode().partition("=")[2]
        claims = self.accounts.get(account)
        if claims is None:
            return PlainTextResponse("no such account", 403)
        code = secrets.token_urlsafe(16)
        self.grants[code] = (claims, asked)
        query = urlencode({"code": code, "state": asked["state"]})
        return RedirectResponse(f"{self.redirect_uri}?{query}", 303)

    async def _token(self, request: Request) -> Answer:
        async with request.form() as form:
            given = {name: str(value) for name, value in form.items()}
        if _credentials(request, given) != (CLIENT_ID, CLIENT_SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        claims, asked = self.grants.pop(given.get("code", ""), (None, {}))
        challenge = hashlib.sha256(given.get("code_verifier", "").encode()).digest()
        expected = base64.urlsafe_b64encode(challenge).rstrip(b"=").decode()
        if claims is None or asked.get("code_challenge") != expected:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        said = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + TOKEN_LASTS_S,
            "nonce": asked.get("nonce"),
            **claims,
        }
        return JSONResponse(
            {
                "access_token": secrets.token_urlsafe(16),
                "token_type": "Bearer",
                "expires_in": TOKEN_LASTS_S,
                "id_token": jwt.encode({"alg": "RS256", "kid": "k1"}, said, self.key),
            }
        )

    async def _logout(self, request: Request) -> Answer:
        self.sign_outs += 1
        return RedirectResponse(request.query_params["post_logout_redirect_uri"], 303)


def _credentials(request: Request, form: dict[str, str]) -> tuple[str, str]:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        name, _, secret = base64.b64decode(encoded).decode().partition(":")
        return name, secret
    return form.get("client_id", ""), form.get("client_secret", "")


@contextmanager
def oidc_provider(redirect_uri: str) -> Iterator[Provider]:
    """Serve one until the block ends."""
    provider = Provider(free_port(), redirect_uri)
    config = uvicorn.Config(
        provider.app(), port=provider.port, log_config=None, lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        eventually("the provider", lambda: server.started)
        yield provider
    finally:
        server.should_exit = True
        thread.join(20)
