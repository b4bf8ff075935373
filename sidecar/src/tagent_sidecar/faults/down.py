"""down: refuses connections.

With certainty (probability 1, no `max_count`) the port itself is closed, so that callers are refused as if the service
were gone, and open connections are reset; nobody can count who knocks at a closed port, so the closing counts as one
injection and each reset connection as another. Otherwise the chosen share of new connections is reset at accept, each
counted.
"""

from __future__ import annotations

from tagent_contract.faults import FaultBase
from tagent_sidecar.faults.rules import ActsOn, FaultType


def closes_port(fault: FaultBase) -> bool:
    """Return whether this `down` refuses everyone."""
    return fault.probability >= 1 and fault.max_count is None


DOWN = FaultType(ActsOn.PORT)
