"""Every error as a problem document (RFC 9457), with a type that stays the same."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fastapi.exceptions import HTTPException, RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.responses import Response

from tagent_contract import wire
from tagent_contract.problems import PROBLEM_TYPE_PREFIX, ConflictReason, Problem, ProblemType
from tagent_contract.times import format_time
from tagent_platform.ports.store import ConflictError, StoreUnavailableError
from tagent_platform.usecases.errors import (
    ForbiddenError,
    InvalidError,
    NotFoundError,
    RefusedError,
)

CONTENT_TYPE = "application/problem+json"
STORE_RETRY_AFTER_S = 1

_TITLES = {
    ProblemType.INVALID: "The request is not valid",
    ProblemType.UNAUTHENTICATED: "Nobody known is asking",
    ProblemType.FORBIDDEN: "The role is too small",
    ProblemType.NOT_FOUND: "There is no such thing",
    ProblemType.METHOD_NOT_ALLOWED: "This method is not for this address",
    ProblemType.REFUSED: "Refused",
    ProblemType.TOO_LARGE: "The request is too large",
    ProblemType.RATE_LIMITED: "Too many requests",
    ProblemType.UNAVAILABLE: "Not available now",
    ProblemType.INTERNAL: "The platform failed",
}


class ProblemError(HTTPException):
    """What the API itself refuses: already a problem, with the headers that belong to it."""

    def __init__(self, refusal: Problem, headers: dict[str, str] | None = None) -> None:
        super().__init__(refusal.status, refusal.detail, headers)
        self.problem = refusal


def problem(kind: ProblemType, status: int, detail: str, **more: Any) -> Problem:
    """Return a problem with its type's title."""
    return Problem(
        type=PROBLEM_TYPE_PREFIX + kind, title=_TITLES[kind], status=status, detail=detail, **more
    )


def unauthenticated(detail: str) -> ProblemError:
    """Refuse a caller without a token, or with one that nobody knows."""
    return ProblemError(
        problem(ProblemType.UNAUTHENTICATED, 401, detail),
        {"www-authenticate": 'Bearer realm="tagent"'},
    )


def forbidden(detail: str) -> ProblemError:
    """Refuse a known caller who may not."""
    return ProblemError(problem(ProblemType.FORBIDDEN, 403, detail))


def too_large(bytes_max: int) -> ProblemError:
    """Refuse a body over its limit."""
    return ProblemError(
        problem(ProblemType.TOO_LARGE, 413, f"the body is larger than {bytes_max} bytes")
    )


def rate_limited(detail: str, wait_s: float) -> ProblemError:
    """Refuse what comes too often."""
    return ProblemError(
        problem(ProblemType.RATE_LIMITED, 429, detail),
        {"retry-after": str(max(1, math.ceil(wait_s)))},
    )


def unavailable(detail: str, retry_after_s: int = STORE_RETRY_AFTER_S) -> ProblemError:
    """Refuse for now: again a little later."""
    return ProblemError(
        problem(ProblemType.UNAVAILABLE, 503, detail), {"retry-after": str(retry_after_s)}
    )


def problem_response(refusal: Problem, headers: Mapping[str, str] | None = None) -> Response:
    """Return the problem as an answer."""
    return Response(wire.encode(refusal), refusal.status, headers, media_type=CONTENT_TYPE)


def error_problem(error: Exception) -> ProblemError:
    """Return the problem behind any error; what nobody foresaw is a 500 that tells nothing of the inside."""
    known = _known(error)
    if known is not None:
        return known
    detail = "the platform failed on this request; its log says how"
    return ProblemError(problem(ProblemType.INTERNAL, 500, detail))


def _known(error: Exception) -> ProblemError | None:
    match error:
        case ProblemError():
            return error
        case RequestValidationError():
            return _invalid_request(error)
        case StarletteHTTPException():
            return _http_error(error)
        case wire.WireError() | InvalidError():
            return invalid(error.path, error.problem)
        case StoreUnavailableError():
            away = unavailable(f"the store cannot be used now: {error}")
            # Another process of the platform may reach it: whoever connects anew may be given that one.
            return ProblemError(away.problem, {**(away.headers or {}), "connection": "close"})
        case ConflictError():
            return _changed_meanwhile()
        case _:
            return _use_case_error(error)


def _use_case_error(error: Exception) -> ProblemError | None:
    match error:
        case NotFoundError():
            return ProblemError(problem(ProblemType.NOT_FOUND, 404, str(error), near=error.near))
        case ForbiddenError():
            return forbidden(str(error))
        case RefusedError():
            return ProblemError(
                problem(
                    ProblemType.REFUSED,
                    409,
                    error.text,
                    reason=error.reason.value,
                    until=None if error.until is None else format_time(error.until),
                )
            )
        case _:
            return None


def invalid(path: str, detail: str) -> ProblemError:
    """Refuse one wrong field, by its path."""
    return ProblemError(problem(ProblemType.INVALID, 422, f"{path}: {detail}", field=path))


def _changed_meanwhile() -> ProblemError:
    detail = "what this was decided on kept changing; nothing was done, try again"
    return ProblemError(
        problem(ProblemType.REFUSED, 409, detail, reason=ConflictReason.CHANGED_MEANWHILE.value)
    )


def _invalid_request(error: RequestValidationError) -> ProblemError:
    first = error.errors()[0]
    context = first.get("ctx") or {}
    if first["type"] == "wire":
        return invalid(context["path"], context["problem"])
    place, *path = (str(part) for part in first["loc"])
    if place == "body":
        return invalid("$", "a JSON body is required")
    return invalid(".".join(path) or place, str(first["msg"]))


def _http_error(error: StarletteHTTPException) -> ProblemError:
    kind = {
        404: ProblemType.NOT_FOUND,
        405: ProblemType.METHOD_NOT_ALLOWED,
        413: ProblemType.TOO_LARGE,
        503: ProblemType.UNAVAILABLE,
    }.get(error.status_code, ProblemType.INVALID)
    detail = str(error.detail)
    if error.status_code == 404:
        detail = "there is nothing at this address; /docs lists what there is"
    return ProblemError(problem(kind, error.status_code, detail), dict(error.headers or {}))
