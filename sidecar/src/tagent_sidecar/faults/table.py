"""The table of fault types: the one place, beside its own file, that a new type is named."""

from __future__ import annotations

from tagent_contract.faults import CONNECTION_FAULTS, PROCESS_FAULTS
from tagent_sidecar.faults.bandwidth import BANDWIDTH
from tagent_sidecar.faults.corrupt import CORRUPT
from tagent_sidecar.faults.cpu import CPU
from tagent_sidecar.faults.crash import CRASH
from tagent_sidecar.faults.down import DOWN
from tagent_sidecar.faults.error import ERROR
from tagent_sidecar.faults.hang import HANG
from tagent_sidecar.faults.latency import LATENCY
from tagent_sidecar.faults.limit_data import LIMIT_DATA
from tagent_sidecar.faults.memory import MEMORY
from tagent_sidecar.faults.rate_limit import RATE_LIMIT
from tagent_sidecar.faults.reset import RESET
from tagent_sidecar.faults.rules import FaultType
from tagent_sidecar.faults.slow_close import SLOW_CLOSE
from tagent_sidecar.faults.timeout import TIMEOUT

FAULT_TYPES: dict[str, FaultType] = {
    "latency": LATENCY,
    "error": ERROR,
    "reset": RESET,
    "timeout": TIMEOUT,
    "bandwidth": BANDWIDTH,
    "rate_limit": RATE_LIMIT,
    "down": DOWN,
    "crash": CRASH,
    "hang": HANG,
    "cpu": CPU,
    "memory": MEMORY,
    "limit_data": LIMIT_DATA,
    "slow_close": SLOW_CLOSE,
    "corrupt": CORRUPT,
}


def unsupported_by_protocol(protocol: str) -> dict[str, str]:
    """Return fault type → why a proxy of this protocol (`http` or `tcp`) cannot apply it."""
    if protocol == "http":
        return {}
    return {
        name: f"needs --protocol http: with {protocol} nobody sees where a request begins"
        for name in FAULT_TYPES
        if name not in CONNECTION_FAULTS and name not in PROCESS_FAULTS
    }
