"""Google's credentials as this machine has them, turned into ID tokens. Imported only when one is needed."""

from __future__ import annotations

import warnings
from typing import Any

import google.auth
from google.auth import compute_engine, exceptions, impersonated_credentials
from google.auth.transport.requests import Request
from google.oauth2 import credentials, service_account

from tagent_client.errors import NoTokenError

TIMEOUT_S = 5.0
_SCOPES = ("openid", "https://www.googleapis.com/auth/userinfo.email")
_TOKEN_URI = "https://oauth2.googleapis.com/token"  # noqa: S105 - an address
_FAILURES = (exceptions.GoogleAuthError, OSError, ValueError, KeyError, TypeError)
"""The last three for answers that the library did not expect."""


class GoogleCredentials:
    """Gives ID tokens for one audience. Every method raises NoTokenError."""

    def __init__(self, audience: str) -> None:
        """Look for credentials."""
        self._request = _bounded_request()
        try:
            with warnings.catch_warnings():
                # They are about quotas of APIs that nobody calls here.
                warnings.simplefilter("ignore")
                found, _ = google.auth.default(scopes=_SCOPES, request=self._request)
            self._credentials = _for_id_tokens(found, audience, self._request)
        except _FAILURES as error:
            raise NoTokenError(_first_line(error)) from error

    def token(self) -> str:
        """Return a token that holds for some minutes."""
        try:
            if not self._credentials.valid:
                self._credentials.refresh(self._request)
        except _FAILURES as error:
            raise NoTokenError(_first_line(error)) from error
        return str(getattr(self._credentials, "id_token", None) or self._credentials.token)


def _for_id_tokens(found: Any, audience: str, request: Any) -> Any:
    """Return credentials whose token is an ID token for the audience; a person's own have one for Google's command line instead."""
    kinds: Any = compute_engine, service_account, impersonated_credentials
    compute, account, impersonated = kinds
    if isinstance(found, compute.Credentials):
        return compute.IDTokenCredentials(request, audience, use_metadata_identity_endpoint=True)
    if isinstance(found, account.Credentials):
        email = found.service_account_email
        return account.IDTokenCredentials(found.signer, email, _TOKEN_URI, audience)
    if isinstance(found, impersonated.Credentials):
        return impersonated.IDTokenCredentials(found, target_audience=audience, include_email=True)
    if isinstance(found, credentials.Credentials):
        return found
    raise ValueError(f"{type(found).__name__} give no ID tokens; impersonate a service account")


def _bounded_request() -> Any:
    """Return what Google's library makes HTTP requests with; its own waits two minutes."""
    send: Any = Request()

    def request(*arguments: Any, timeout: float | None = None, **more: Any) -> Any:
        return send(*arguments, timeout=timeout or TIMEOUT_S, **more)

    return request


def _first_line(error: Exception) -> str:
    text = str(error.args[0] if error.args else error)
    return text.splitlines()[0][:200] if text else type(error).__name__
