"""What an answer of the platform means for what the sidecar does next. Pure."""

from __future__ import annotations

from enum import Enum

from tagent_contract.plan import CONFIRMED_AGE_HEADER
from tagent_contract.problems import ConflictReason, Problem
from tagent_contract.wire import WireError, decode
from tagent_sidecar.platform_link.http import Answer

RETRY_AFTER_S_MAX = 60.0
"""A platform that asks for more silence than this is not believed."""


class Meaning(Enum):
    """What to do about an answer."""

    TAKEN = "taken"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"
    """A newer boot has the name: never come back."""
    DENIED = "denied"
    """The token is not good (any more): a person must act."""
    SHUT_OUT = "shut_out"
    """Something before the platform refuses, such as Cloud Run's IAM: a person must act, elsewhere."""
    UNKNOWN_ROUTE = "unknown_route"
    """Nothing is there: not a platform, or (asking for a plan) not registered yet."""
    UNACCEPTABLE = "unacceptable"
    """The content is at fault: it must not be sent again as it was."""
    BUSY = "busy"
    """Later, with the same content."""


def read_meaning(answer: Answer) -> Meaning:
    """Return what an answer means."""
    match answer.status:
        case 200 | 201 | 202 | 204:
            return Meaning.TAKEN
        case 304:
            return Meaning.UNCHANGED
        case 401 | 403:
            return Meaning.DENIED if _problem(answer).type else Meaning.SHUT_OUT
        case 409 if _problem(answer).reason == ConflictReason.SUPERSEDED:
            return Meaning.SUPERSEDED
        case 400 | 413 | 415 | 422 | 431:
            return Meaning.UNACCEPTABLE
        case status if 300 <= status < 400 or status in {404, 405}:
            return Meaning.UNKNOWN_ROUTE
    return Meaning.BUSY


def confirmed_at(answer: Answer, age_max_s: float) -> float | None:
    """Return from when on the lease counts by this answer (monotonic seconds), None if it renews none.

    The lease counts from when the question was sent, never from when the answer came: an answer may have been under way
    (or this process stopped) for any time, and only that it was written after the question is certain.
    """
    age_s = answer.number(CONFIRMED_AGE_HEADER)
    return answer.sent_at if age_s is not None and age_s <= age_max_s else None


def retry_after_s(answer: Answer) -> float:
    """Return how long the platform asks to be left alone, 0 if it does not."""
    return min(answer.number("retry-after") or 0.0, RETRY_AFTER_S_MAX)


def describe(answer: Answer) -> str:
    """Return the answer in one line for a person."""
    problem = _problem(answer)
    said = [text for text in (problem.title, problem.field, problem.detail) if text]
    return f"{answer.status} {': '.join(said)}".strip()[:300]


def _problem(answer: Answer) -> Problem:
    try:
        return decode(answer.body, Problem)
    except WireError:
        return Problem(type="", title="", status=answer.status)
