"""The other processes of this platform, where several share one store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct

from tagent_contract.reports import Window
from tagent_platform.ports.store import StoreError


class NotLeaderError(StoreError):
    """Another process runs the control loop now; what was decided here is for it to decide."""


class Hearsay(Struct, frozen=True, array_like=True, kw_only=True):
    """What a process last heard of an instance. Ages are seconds before its heartbeat."""

    key: str
    boot_id: str
    seq: int
    heard_age_s: float
    plan_answered_age_s: float | None = None
    checks_passed_in_row: int = 0
    clock_offset_s: float = 0.0
    detail: str = ""
    window: Window | None = None
    """The latest, which its figures are made of."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """What another process said last. Times are of this process's monotonic clock."""

    replica: str
    written_monotonic: float
    """When it was written, going by the storage's clock: an old one that was found at start is old."""
    seen_monotonic: float
    """When this process was first shown it."""
    hearsay: Sequence[Hearsay]


class Replicas(Protocol):
    """Tells the processes of one platform of each other.

    - `me` names this process, and is drawn anew at each start.
    - `beat` tells the others what this process heard; it returns once what all of them wrote before is in the store's mirror, and raises
      StoreUnavailableError when that cannot be had.
    - `others` answers the latest heartbeat of each other process that has not said goodbye, whole: never parts of two.
    - However many instances there are, what was told arrives.
    - `leave` says goodbye: the others forget this process at once.
    """

    @property
    def me(self) -> str: ...

    async def beat(self, hearsay: Sequence[Hearsay]) -> None: ...

    def others(self) -> Sequence[Heartbeat]: ...

    async def leave(self) -> None: ...
