"""Which revision to roll back to. Pure.

A restart makes a revision too, with the configuration of the one before it, so it belongs to that one's family. The last good revision is
of an earlier family than the sick one: another copy of what is sick would be sick again.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from google.cloud import run_v2

from tagent_platform.adapters.runtime.cloud_run.traffic import ATTEMPT, short

READY = "Ready"


def families(revisions: Sequence[run_v2.Revision]) -> dict[str, int]:
    """Return the number of each revision's configuration, from 0 for the oldest: a restart shares its predecessor's."""
    ordered = sorted(revisions, key=_age)
    found = {short(ordered[0].name): 0} if ordered else {}
    for before, after in pairwise(ordered):
        restarted = after.annotations.get(ATTEMPT, "")
        is_restart = bool(restarted) and restarted != before.annotations.get(ATTEMPT, "")
        found[short(after.name)] = found[short(before.name)] + (0 if is_restart else 1)
    return found


def last_good(
    revisions: Sequence[run_v2.Revision], sick: Collection[str], known_good: Sequence[str]
) -> str | None:
    """Return the revision to go back to: the newest of an earlier configuration that was healthy under our eyes, else that was ever ready."""
    family = families(revisions)
    oldest_sick = min((family[name] for name in sick if name in family), default=None)
    if oldest_sick is None:
        return None
    earlier = [
        short(revision.name)
        for revision in sorted(revisions, key=_age, reverse=True)
        if family[short(revision.name)] < oldest_sick and is_ready(revision)
    ]
    good = [name for name in earlier if name in known_good]
    return next(iter([*good, *earlier]), None)


def is_mended(revisions: Sequence[run_v2.Revision], newest: str, sick: str) -> bool:
    """Return whether the newest revision is ready and of a later configuration than the sick one, or the sick one is gone."""
    family = families(revisions)
    ready = {short(revision.name) for revision in revisions if is_ready(revision)}
    if newest not in ready:
        return False
    return sick not in family or family[newest] > family[sick]


def is_ready(revision: run_v2.Revision) -> bool:
    """Return whether its containers came up; one that serves no more is still ready."""
    return any(
        condition.type_ == READY and condition.state == run_v2.Condition.State.CONDITION_SUCCEEDED
        for condition in revision.conditions
    )


def _age(revision: run_v2.Revision) -> tuple[float, str]:
    created = revision.create_time
    return (created.timestamp() if created else 0.0, revision.name)
