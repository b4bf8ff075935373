"""What the engine wants done outside: values that the sidecar carries out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from tagent_contract.faults import Fault


@dataclass(frozen=True, slots=True)
class StartProcessFault:
    """Apply a fault to the process or the machine; answer by `process_fault_done` or `process_fault_failed`.

    May come again for an id that was started before: a service-wide `crash` or `hang` strikes each new incarnation.
    """

    id: str
    fault: Fault
    until: float
    """Monotonic seconds; the executor must have ended it by then even if nobody tells it."""


@dataclass(frozen=True, slots=True)
class StopProcessFault:
    """End a process fault's effect at once. Harmless when it has none (a crash, or one that failed)."""

    id: str


@dataclass(frozen=True, slots=True)
class ConnectionsChanged:
    """Tell the proxy (`Proxy.faults_changed(ended)`): release what the ended faults hold, open or close the port."""

    ended: frozenset[str]


Command: TypeAlias = StartProcessFault | StopProcessFault | ConnectionsChanged
