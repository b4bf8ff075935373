"""limit_data: cuts the response after so many bytes of it."""

from __future__ import annotations

from dataclasses import dataclass

from tagent_contract.faults import LimitData
from tagent_sidecar.faults.effects import CutAfter
from tagent_sidecar.faults.rules import ActsOn, FaultType, Strike


@dataclass(frozen=True, slots=True)
class LimitDataRule:
    """The head counts as well; a response that is no longer than this gets by whole."""

    fault_id: str
    fault: LimitData

    def effect(self, strike: Strike) -> CutAfter:
        """Return the cut."""
        return CutAfter(self.fault_id, self.fault.bytes)


LIMIT_DATA = FaultType(ActsOn.REQUEST, LimitDataRule)
