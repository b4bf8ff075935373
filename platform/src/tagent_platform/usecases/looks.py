"""What the control loop looked at last, in memory: so that it does not look again at what cannot have changed."""

from __future__ import annotations

from dataclasses import dataclass, field

Versions = tuple[int, ...]


@dataclass(slots=True)
class Looks:
    """Versions of records at which nothing was left to do."""

    settled: Versions = ()
    """Instances and services, when every service's health was last found right."""
    reviewed: dict[str, tuple[Versions, float]] = field(default_factory=dict)
    """Service → its records' versions when a review last changed nothing, and when that was on the monotonic clock."""
    followed: dict[str, float] = field(default_factory=dict)
    """Service → when the runtime was last asked for its revisions, on the monotonic clock."""
