"""Which runs may begin now. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Job:
    """One run that is to be: of which experiment, on which services, and the how many-eth of it."""

    experiment: str
    targets: frozenset[str]
    number: int


def may_begin(waiting: Sequence[Job], running: Collection[Job], side_by_side: int) -> list[Job]:
    """Return the jobs to begin now, in their order: at most so many at once, and no two on one service.

    A job does not overtake an earlier one that waits for the same service.
    """
    taken = _services(running)
    free = side_by_side - len(running)
    found: list[Job] = []
    for job in waiting:
        if free > 0 and taken.isdisjoint(job.targets):
            found.append(job)
            free -= 1
        taken |= job.targets
    return found


def _services(jobs: Iterable[Job]) -> set[str]:
    return {service for job in jobs for service in job.targets}
