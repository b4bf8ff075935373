"""hang: stops the service (SIGSTOP) and continues it at the fault's end."""

from __future__ import annotations

from tagent_sidecar.faults.rules import ActsOn, FaultType

HANG = FaultType(ActsOn.PROCESS, strikes_each_incarnation=True)
