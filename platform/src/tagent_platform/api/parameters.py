"""Parameters and bodies that several routes take."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from tagent_contract.services import ReasonRequest
from tagent_platform.api.openapi import body_example
from tagent_platform.api.wire import Wire
from tagent_platform.usecases.pages import PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX

CursorQuery = Annotated[
    str | None, Query(max_length=1000, description="`next` of the page before; leave out to start.")
]
LimitQuery = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX, description="At most so many items.")]
ServiceQuery = Annotated[
    str | None, Query(max_length=300, description="Only what belongs to this service.")
]
ReasonQuery = Annotated[str, Query(max_length=500, description="Why you do it; for the event log.")]
LIMIT_DEFAULT = PAGE_LIMIT_DEFAULT
ReasonBody = Annotated[
    ReasonRequest | None,
    Wire("ReasonRequest"),
    body_example({"reason": "it hangs since the deploy"}),
]
"""Without a body there is no reason, and nothing else that it could say."""


def said(why: ReasonRequest | None) -> ReasonRequest:
    """Return what was given as a reason, or an empty one."""
    return why or ReasonRequest()
