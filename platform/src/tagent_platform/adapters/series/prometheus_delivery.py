"""What becomes of a batch: which parts are still to be sent, which are lost, which are to be sent again. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from tagent_platform.adapters.series.prometheus_engine import EngineAwayError
from tagent_platform.ports.series import WindowSample

FAILURES_MAX = 8
"""So many failures and nothing taken: enough halves to have found one window of a hundred that cannot be."""


class Delivery:
    """One try at sending a batch, part by part.

    A part that is refused is halved until what is refused stands alone. A failure (500) may be of one sample too, so it is halved
    likewise, but lost only if the engine took other parts meanwhile; else the failure is the engine's, and all of it is sent again.
    """

    def __init__(self, batch: Sequence[WindowSample], requests_max: int) -> None:
        self._parts: list[list[WindowSample]] = [list(batch)]
        self._requests = 0
        self._requests_max = requests_max
        self._failed: list[WindowSample] = []
        self._failure: EngineAwayError | None = None
        self._refused = 0
        self.count_accepted = 0
        self.reason = ""

    def next_part(self) -> list[WindowSample] | None:
        """Return what is to be sent now, None at the end."""
        if self._failed and not self.count_accepted and self._requests >= FAILURES_MAX:
            return None
        self._requests += 1
        return self._parts.pop() if self._parts else None

    def accepted(self, part: Sequence[WindowSample]) -> None:
        """Note that the engine has it."""
        self.count_accepted += len(part)

    def refused(self, part: list[WindowSample], reason: str) -> None:
        """Note that the engine will not have it as it is."""
        self.reason = reason
        if not self._halve(part):
            self._refused += len(part)

    def failed(self, part: list[WindowSample], error: EngineAwayError) -> None:
        """Note that the engine failed on it."""
        self.reason = str(error)
        self._failure = error
        if not self._halve(part):
            self._failed += part

    def put_back(self, part: list[WindowSample]) -> None:
        """Note that it was not sent."""
        self._parts.append(part)

    def _halve(self, part: list[WindowSample]) -> bool:
        half = len(part) // 2
        if not half or self._requests >= self._requests_max:
            return False
        self._parts += [part[half:], part[:half]]
        return True

    @property
    def failure(self) -> EngineAwayError | None:
        """The engine's own failure, if it is that."""
        return None if self.count_accepted else self._failure

    @property
    def lost(self) -> int:
        """How many windows it will never take."""
        return self._refused + (len(self._failed) if self.count_accepted else 0)

    def left(self) -> list[WindowSample]:
        """Return what is to be sent again, in its order."""
        again = [] if self.count_accepted else self._failed
        return again + [sample for part in reversed(self._parts) for sample in part]
