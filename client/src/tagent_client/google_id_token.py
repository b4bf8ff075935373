"""Google ID tokens, with which a private Cloud Run service lets its callers in, beside our own token and in a header of its own.

They come from whatever Google finds here: a service account's key, `gcloud auth application-default login` (best with
`--impersonate-service-account`), or the metadata server. Google's library is imported when a token is needed, and not before: most
commands speak to a platform that asks for none.
"""

from __future__ import annotations

import base64
import functools
import threading
import time
from collections.abc import Generator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import msgspec
from typing_extensions import override

from tagent_client.errors import NoTokenError

if TYPE_CHECKING:
    from tagent_client.google_credentials import GoogleCredentials

HEADER = "x-serverless-authorization"
RUN_DOMAIN = ".run.app"
LOOK_AGAIN_AFTER_S = 60.0
"""Looking for credentials takes seconds where there are none."""


def audience_of(url: str) -> str | None:
    """Return for whom a token has to be made: a Cloud Run service is its own audience; None for who is no such service."""
    parts = urlsplit(url)
    if parts.scheme != "https" or not (parts.hostname or "").endswith(RUN_DOMAIN):
        return None
    return f"https://{parts.hostname}"


class GoogleIdTokens(httpx.Auth):
    """Puts a token for one audience on each request. May be used by several threads."""

    def __init__(self, audience: str) -> None:
        """Look for nothing yet."""
        self.audience = audience
        self.missing = ""
        """Why there was no token the last time; empty when there was one."""
        self.email = ""
        """Whose token was shown last, where it says so."""
        self._turn = threading.Lock()
        self._source: GoogleCredentials | None = None
        self._not_before = float("-inf")

    @override
    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with a token; without one where there is none, since the service may be open to all."""
        token = self._token()
        if token:
            request.headers[HEADER] = f"Bearer {token}"
        yield request

    def _token(self) -> str:
        with self._turn:
            if self.missing and time.monotonic() < self._not_before:
                return ""
            try:
                token = self._source_of_tokens().token()
            except NoTokenError as error:
                self.missing = str(error)
                self._not_before = time.monotonic() + LOOK_AGAIN_AFTER_S
                return ""
            self.missing, self.email = "", email_in(token)
            return token

    def _source_of_tokens(self) -> GoogleCredentials:
        if self._source is None:
            # Takes a tenth of a second and some memory, which most commands need not pay.
            from tagent_client.google_credentials import GoogleCredentials

            self._source = GoogleCredentials(self.audience)
        return self._source

    def why_refused(self, status: int) -> str:
        """Return what to do when Cloud Run, not the platform, refuses with this status."""
        if self.missing:
            return (
                f"and there is no Google ID token to show ({self.missing}): run `gcloud auth application-default login "
                "--impersonate-service-account=EMAIL`, or set GOOGLE_APPLICATION_CREDENTIALS"
            )
        who = self.email or "whoever your Google credentials are"
        if status == httpx.codes.FORBIDDEN:
            return f"give {who} the role roles/run.invoker on the platform's Cloud Run service"
        return (
            f"the Google ID token of {who} is for {self.audience}: set TAGENT_ID_TOKEN_AUDIENCE to the service's own URL, or to one of "
            "its custom audiences"
        )


@functools.cache
def id_tokens_for(audience: str) -> GoogleIdTokens:
    """Return this process's tokens for an audience: however many clients there are, it is asked for once."""
    return GoogleIdTokens(audience)


class _Claims(msgspec.Struct):
    email: str = ""


def email_in(token: str) -> str:
    """Return whose token it is, empty if it does not say."""
    payload = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        return msgspec.json.decode(claims, type=_Claims).email
    except (ValueError, msgspec.DecodeError):
        return ""
