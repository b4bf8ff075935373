"""error: answers instead of the service."""

from __future__ import annotations

from dataclasses import dataclass

from tagent_contract.faults import Error
from tagent_sidecar.faults.effects import Answer
from tagent_sidecar.faults.rules import ActsOn, FaultType, Strike

DEFAULT_BODY = b"injected by tagent\n"


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """The status and body that were asked for."""

    fault_id: str
    fault: Error

    def effect(self, strike: Strike) -> Answer:
        """Return the answer."""
        fault = self.fault
        headers: tuple[tuple[str, str], ...] = (("content-type", "text/plain; charset=utf-8"),)
        if fault.retry_after_s is not None:
            headers += (("retry-after", str(fault.retry_after_s)),)
        body = DEFAULT_BODY if fault.body is None else fault.body.encode()
        return Answer(self.fault_id, fault.http_status, headers, body)


ERROR = FaultType(ActsOn.REQUEST, ErrorRule)
