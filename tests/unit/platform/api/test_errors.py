from __future__ import annotations

import pytest
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from tagent_contract.problems import ConflictReason, Problem
from tagent_contract.wire import WireError
from tagent_platform.api.errors import error_problem
from tagent_platform.ports.store import ConflictError, StoreUnavailableError
from tagent_platform.usecases.errors import (
    ForbiddenError,
    InvalidError,
    NotFoundError,
    RefusedError,
)


def problem_of(error: Exception) -> Problem:
    return error_problem(error).problem


@pytest.mark.parametrize(
    ("error", "status", "kind"),
    [
        (NotFoundError("service", "chat"), 404, "not-found"),
        (RefusedError(ConflictReason.HALTED, "halted"), 409, "refused"),
        (InvalidError("$.limit", "is too large"), 422, "invalid"),
        (WireError("$.ttl_s", "is too large"), 422, "invalid"),
        (ForbiddenError("another's"), 403, "forbidden"),
        (ConflictError("changed"), 409, "refused"),
        (StoreUnavailableError("disk full"), 503, "unavailable"),
        (HTTPException(404), 404, "not-found"),
        (HTTPException(405), 405, "method-not-allowed"),
        (HTTPException(400), 400, "invalid"),
        (ZeroDivisionError("secret"), 500, "internal"),
    ],
)
def test_each_error_has_its_status_and_a_type_that_stays(
    error: Exception, status: int, kind: str
) -> None:
    problem = problem_of(error)
    assert (problem.status, problem.type) == (status, f"urn:tagent:problem:{kind}")
    assert problem.title


def test_a_refusal_says_why_and_until_when() -> None:
    problem = problem_of(RefusedError(ConflictReason.MAINTENANCE, "being moved", 1_800_000_000.0))
    assert (problem.reason, problem.until) == ("maintenance", "2027-01-15T08:00:00.000Z")
    assert problem.detail == "being moved"


def test_an_unknown_name_comes_with_the_near_ones() -> None:
    problem = problem_of(NotFoundError("service", "chat-servcie", ["chat-service", "demo"]))
    assert problem.near == ("chat-service",)
    assert "chat-servcie" in problem.detail


def test_a_store_that_is_away_says_when_to_come_back() -> None:
    assert error_problem(StoreUnavailableError("locked")).headers == {
        "retry-after": "1",
        "connection": "close",
    }


def test_what_nobody_foresaw_tells_nothing_of_the_inside() -> None:
    assert "secret" not in problem_of(ZeroDivisionError("secret")).detail


def test_a_wrong_query_parameter_is_named() -> None:
    error = RequestValidationError([{"type": "int", "loc": ("query", "limit"), "msg": "no number"}])
    assert problem_of(error).field == "limit"


def test_a_missing_body_is_named_as_the_whole_document() -> None:
    error = RequestValidationError([{"type": "missing", "loc": ("body",), "msg": "required"}])
    assert problem_of(error).field == "$"
