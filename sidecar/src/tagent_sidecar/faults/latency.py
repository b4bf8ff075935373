"""latency: delays a request before it goes upstream."""

from __future__ import annotations

from dataclasses import dataclass

from tagent_contract.faults import Latency
from tagent_sidecar.faults.effects import Delay
from tagent_sidecar.faults.rules import ActsOn, FaultType, Strike


@dataclass(frozen=True, slots=True)
class LatencyRule:
    """A delay, give or take a jitter, never below zero."""

    fault_id: str
    fault: Latency

    def effect(self, strike: Strike) -> Delay | None:
        """Draw the delay; one of nothing is no effect."""
        delay_ms = self.fault.latency_ms
        if self.fault.jitter_ms:
            delay_ms += self.fault.jitter_ms * (2 * strike.random.random() - 1)
        return Delay(self.fault_id, delay_ms / 1000) if delay_ms > 0 else None


LATENCY = FaultType(ActsOn.REQUEST, LatencyRule)
