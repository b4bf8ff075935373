"""Errors as problem details (RFC 9457), whatever went wrong."""

from __future__ import annotations

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tagent_samples.providers.provider import ProviderError, ProviderSlowError

log = logging.getLogger(__name__)


class BadInputError(ValueError):
    """A request that cannot be answered as it is; `status` says in which way."""

    def __init__(self, detail: str, status: int = 422) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status


def problem_body(title: str, status: int, detail: str) -> dict[str, str | int]:
    """Return the body of a problem."""
    return {"type": "about:blank", "title": title, "status": status, "detail": detail}


def provider_problem(error: ProviderError) -> dict[str, str | int]:
    """Say what the provider did: 504 when it was too slow, 502 for everything else."""
    if isinstance(error, ProviderSlowError):
        return problem_body("The provider is too slow", 504, str(error))
    return problem_body("The provider failed", 502, str(error))


def _problem(body: dict[str, str | int], headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(
        body, int(body["status"]), headers=headers, media_type="application/problem+json"
    )


async def _bad_input(_request: Request, error: Exception) -> Response:
    if not isinstance(error, BadInputError):
        raise error
    return _problem(problem_body("Bad input", error.status, error.detail))


async def _provider_failed(_request: Request, error: Exception) -> Response:
    if not isinstance(error, ProviderError):
        raise error
    log.warning("%s", error)
    return _problem(provider_problem(error))


async def _http(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    return _problem(
        problem_body(error.detail, error.status_code, ""), dict(error.headers or {}) or None
    )


async def _unexpected(_request: Request, _error: Exception) -> Response:
    return _problem(problem_body("Something went wrong here", 500, "See this service's log."))


HANDLERS = {
    BadInputError: _bad_input,
    ProviderError: _provider_failed,
    HTTPException: _http,
    Exception: _unexpected,
}
"""Exception → handler, as Starlette takes it."""
