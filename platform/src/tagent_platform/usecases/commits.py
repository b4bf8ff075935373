"""Read, decide, commit; decide again when what was decided on has changed meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tagent_contract.problems import ConflictReason
from tagent_platform.ports.store import Change, ConflictError, Guard, NewEvent
from tagent_platform.usecases.errors import RefusedError
from tagent_platform.usecases.platform import Platform

TOGETHER_MAX = 100
"""Well below what one batch of any storage takes."""

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


async def commit_together(
    platform: Platform, decides: Sequence[Callable[[], Decision[None]]]
) -> None:
    """Commit many decisions, each on records of its own, with few commits: where each takes a round trip, a thousand take minutes.

    What conflicts is decided again, one by one. Raises as `commit_decision` does.
    """
    for first in range(0, len(decides), TOGETHER_MAX):
        some = decides[first : first + TOGETHER_MAX]
        decisions = [decide() for decide in some]
        changes = [change for decision in decisions for change in decision.changes]
        events = [event for decision in decisions for event in decision.events]
        if not changes and not events:
            continue
        try:
            await platform.store.commit(changes, events)
        except ConflictError:
            for decide in some:
                await commit_decision(platform, decide)
