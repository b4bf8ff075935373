"""cpu: burns processor time beside the service."""

from __future__ import annotations

from tagent_sidecar.faults.rules import ActsOn, FaultType

CPU = FaultType(ActsOn.PROCESS)
