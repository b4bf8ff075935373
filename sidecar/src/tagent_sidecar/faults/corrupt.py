"""corrupt: flips bytes of the response's body, never of its framing."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, log1p
from random import Random

from tagent_contract.faults import Corrupt as CorruptFault
from tagent_sidecar.faults.effects import Corrupt
from tagent_sidecar.faults.rules import ActsOn, FaultType, Strike


@dataclass(frozen=True, slots=True)
class CorruptRule:
    """Each response gets a seed of its own, drawn from the fault's."""

    fault_id: str
    fault: CorruptFault

    def effect(self, strike: Strike) -> Corrupt | None:
        """Return the share of bytes to flip; none is no effect."""
        if self.fault.ratio <= 0:
            return None
        return Corrupt(self.fault_id, self.fault.ratio, strike.random.getrandbits(32))


_SKIP_MAX = 1e15
"""More bytes than any body has; a ratio near zero would overflow an integer's range."""


class Corruption:
    """Flips bytes of one body as it passes. How the body is split makes no difference to which bytes flip."""

    __slots__ = ("_log_keep", "_random", "_skip")

    def __init__(self, ratio: float, seed: int) -> None:
        self._random = Random(seed)  # noqa: S311 - repeatable on purpose, nothing secret
        self._log_keep = log1p(-ratio) if ratio < 1 else None
        self._skip = self._draw_skip()

    def flip(self, data: bytearray, start: int, end: int) -> int:
        """Flip bytes of `data[start:end]` in place; return how many."""
        flipped = 0
        at = start + self._skip
        while at < end:
            data[at] ^= self._random.randint(1, 255)
            flipped += 1
            at += 1 + self._draw_skip()
        self._skip = at - end
        return flipped

    def _draw_skip(self) -> int:
        # Bytes until the next flip: geometric, so the work grows with the flips and not with the body.
        if self._log_keep is None:
            return 0
        return int(min(log(1 - self._random.random()) / self._log_keep, _SKIP_MAX))


CORRUPT = FaultType(ActsOn.REQUEST, CorruptRule)
