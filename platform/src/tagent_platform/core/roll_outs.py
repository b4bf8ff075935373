"""Remedies that give a service another revision: what is known of one, and whose instances belong to it.

A runtime that rolls out never restarts an instance. It starts others, of another revision, and lets the old ones go once those serve.
So a roll-out is judged by instances that nobody knew when it was decided.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from tagent_contract.incidents import RollOutState

if TYPE_CHECKING:
    from tagent_platform.core.records import InstanceRecord


class Setback(StrEnum):
    """What a remedy's failure means for what comes next."""

    PASSING = "passing"
    """The same may work later."""
    FUTILE = "futile"
    """This remedy does not help this time; the next rung may."""
    LASTING = "lasting"
    """Nothing here helps until a person has changed something."""


class RollOut(Struct, frozen=True, kw_only=True):
    """A roll-out as the runtime told of it last."""

    state: RollOutState
    text: str
    """Where it stands, in one line."""
    revision: str = ""
    """That is to serve; empty until it has a name."""
    operation: str = ""
    """The runtime's name for it, under which it is found again; empty when nobody knows it."""
    replaced: str = ""
    """Of a roll back: the revision that traffic was taken from."""


class RollBack(Struct, frozen=True, kw_only=True):
    """Traffic is held on a revision, until a mended one is ready."""

    attempt_id: str
    revision: str
    replaced: str
    """That traffic was taken from."""
    at: float


def is_of(instance: InstanceRecord, revision: str, decided_at: float) -> bool:
    """Return whether an instance belongs to a roll-out; where its sidecar names no revision, whether it is young enough."""
    if instance.place is not None and instance.place.revision and revision:
        return instance.place.revision == revision
    return instance.boot_started_at > decided_at


def of_roll_out(
    live: Mapping[str, InstanceRecord], revision: str, decided_at: float
) -> tuple[InstanceRecord, ...]:
    """Return the instances by which a roll-out is judged."""
    return tuple(live[name] for name in sorted(live) if is_of(live[name], revision, decided_at))


def revisions_of(instances: Iterable[InstanceRecord]) -> frozenset[str]:
    """Return the revisions that instances say they are of."""
    return frozenset(i.place.revision for i in instances if i.place is not None) - {""}


def is_retired(instance: InstanceRecord, current: frozenset[str]) -> bool:
    """Return whether an instance's revision is none of those that serve or are about to."""
    revision = instance.place.revision if instance.place is not None else ""
    return bool(revision) and revision not in current
