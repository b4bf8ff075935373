"""What is worked out once for all who look."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from tagent_dashboard.live.snapshot import Snapshot

T = TypeVar("T")


class PerSnapshot(Generic[T]):
    """Keeps what a pure function says of the newest snapshot; many threads may ask."""

    def __init__(self, work_out: Callable[[Snapshot], T]) -> None:
        self._work_out = work_out
        self._known: tuple[Snapshot, T] | None = None
        self._lock = threading.Lock()

    def of(self, snapshot: Snapshot) -> T:
        """Return it, worked out now if nobody has asked since the snapshot was taken."""
        with self._lock:
            if self._known is None or self._known[0] is not snapshot:
                self._known = (snapshot, self._work_out(snapshot))
            return self._known[1]
