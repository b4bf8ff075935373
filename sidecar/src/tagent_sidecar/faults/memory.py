"""memory: holds memory beside the service."""

from __future__ import annotations

from tagent_sidecar.faults.rules import ActsOn, FaultType

MEMORY = FaultType(ActsOn.PROCESS)
