"""crash: kills the service."""

from __future__ import annotations

from tagent_sidecar.faults.rules import ActsOn, FaultType

CRASH = FaultType(ActsOn.PROCESS, strikes_each_incarnation=True)
