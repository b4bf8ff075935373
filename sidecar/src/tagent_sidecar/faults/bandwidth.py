"""bandwidth: limits the rate of each response."""

from __future__ import annotations

from dataclasses import dataclass

from tagent_contract.faults import Bandwidth
from tagent_sidecar.faults.effects import Throttle
from tagent_sidecar.faults.rules import ActsOn, FaultType, Strike

BYTES_PER_KB = 1024


@dataclass(frozen=True, slots=True)
class BandwidthRule:
    """The same rate for every response; responses do not share it."""

    fault_id: str
    fault: Bandwidth

    def effect(self, strike: Strike) -> Throttle:
        """Return the rate in bytes."""
        return Throttle(self.fault_id, self.fault.rate_kb_s * BYTES_PER_KB)


BANDWIDTH = FaultType(ActsOn.REQUEST, BandwidthRule)
