"""reset: sends a TCP reset to the caller."""

from __future__ import annotations

from dataclasses import dataclass

from tagent_contract.faults import Reset
from tagent_sidecar.faults.effects import ResetAfter
from tagent_sidecar.faults.rules import ActsOn, FaultType, Strike


@dataclass(frozen=True, slots=True)
class ResetRule:
    """A reset after so many bytes of the response; a shorter response gets by."""

    fault_id: str
    fault: Reset

    def effect(self, strike: Strike) -> ResetAfter:
        """Return the reset."""
        return ResetAfter(self.fault_id, self.fault.after_bytes)


RESET = FaultType(ActsOn.REQUEST, ResetRule)
