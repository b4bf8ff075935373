"""slow_close: delays the close of the connection after a response that ends with it."""

from __future__ import annotations

from dataclasses import dataclass

from tagent_contract.faults import SlowClose
from tagent_sidecar.faults.effects import DelayClose
from tagent_sidecar.faults.rules import ActsOn, FaultType, Strike


@dataclass(frozen=True, slots=True)
class SlowCloseRule:
    """A connection that stays open feels nothing of it."""

    fault_id: str
    fault: SlowClose

    def effect(self, strike: Strike) -> DelayClose | None:
        """Return the delay; one of nothing is no effect."""
        seconds = self.fault.delay_ms / 1000
        return DelayClose(self.fault_id, seconds) if seconds > 0 else None


SLOW_CLOSE = FaultType(ActsOn.REQUEST, SlowCloseRule)
