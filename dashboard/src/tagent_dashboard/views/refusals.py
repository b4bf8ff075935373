"""The platform's own refusals, as one or two sentences that say what to do."""

from __future__ import annotations

from tagent_contract.problems import Problem
from tagent_dashboard.views.times import clock

_WHAT_TO_DO = {
    401: "Sign in again: this token is not known any more.",
    403: "Ask an admin for a token with that role.",
    404: "It may have been forgotten meanwhile; go back to the fleet.",
    429: "Wait a moment and try again.",
    503: "Try again in a moment.",
}


def refusal_text(problem: Problem) -> str:
    """Return why, until when if that is known, and what to do."""
    detail = problem.detail or problem.title
    sentence = detail[:1].upper() + detail[1:].rstrip(".") + "."
    if problem.until is not None:
        sentence += f" Until {clock(problem.until)} UTC."
    what_to_do = _WHAT_TO_DO.get(problem.status, "")
    return f"{sentence} {what_to_do}".strip()
