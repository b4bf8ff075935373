"""timeout: swallows the request; the service never sees it and the caller gets no answer."""

from __future__ import annotations

from dataclasses import dataclass

from tagent_contract.faults import Timeout
from tagent_sidecar.faults.effects import Swallow
from tagent_sidecar.faults.rules import ActsOn, FaultType, Strike


@dataclass(frozen=True, slots=True)
class TimeoutRule:
    """Silence for the time asked for, or until the fault ends."""

    fault_id: str
    fault: Timeout

    def effect(self, strike: Strike) -> Swallow:
        """Return the silence, at most until the fault's deadline."""
        seconds = self.fault.timeout_ms / 1000 or strike.seconds_left
        return Swallow(self.fault_id, min(seconds, strike.seconds_left))


TIMEOUT = FaultType(ActsOn.REQUEST, TimeoutRule)
