"""Read, decide, commit; decide again when what was decided on has changed meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tagent_contract.problems import ConflictReason
from tagent_platform.ports.store import Change, ConflictError, Guard, NewEvent
from tagent_platform.usecases.errors import RefusedError
from tagent_platform.usecases.platform import Platform

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Decision(Generic[T]):
    """What to write down, and what to answer once it is written."""

    answer: T
    changes: Sequence[Change | Guard] = ()
    events: Sequence[NewEvent] = ()


async def commit_decision(platform: Platform, decide: Callable[[], Decision[T]]) -> T:
    """Commit what `decide` says, and return its answer.

    `decide` reads the store and must not wait; it runs again when a record changed between its reading and the commit.
    Raises RefusedError(CHANGED_MEANWHILE) when that happens again and again.
    """
    for _ in range(platform.limits.commit_tries):
        decision = decide()
        if not decision.changes and not decision.events:
            return decision.answer
        try:
            await platform.store.commit(decision.changes, decision.events)
        except ConflictError:
            continue
        return decision.answer
    raise RefusedError(
        ConflictReason.CHANGED_MEANWHILE, "others keep changing the same records; try again"
    )
