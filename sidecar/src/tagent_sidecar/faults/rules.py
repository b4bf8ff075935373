"""What a fault type's file provides: a rule that says what happens to a request the fault struck."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Any, Protocol

from tagent_sidecar.faults.effects import Effect


class ActsOn(Enum):
    """Who carries a fault out: the proxy for a request, the proxy at its port, or the supervisor."""

    REQUEST = "request"
    PORT = "port"
    PROCESS = "process"


@dataclass(frozen=True, slots=True)
class Strike:
    """One request that the fault's match and probability chose."""

    now: float
    seconds_left: float
    """Until the fault's deadline."""
    random: Random
    counted: bool
    """False for the sidecar's own check, which uses up no quota."""


class Rule(Protocol):
    """Decides what a strike does. May keep state between strikes; None lets the request by."""

    def effect(self, strike: Strike) -> Effect | None:
        """Return what happens to this request."""


@dataclass(frozen=True, slots=True)
class FaultType:
    """A row of the table of fault types."""

    acts_on: ActsOn
    rule: Callable[[str, Any], Rule] | None = None
    """(fault id, fault) → its rule; None for what acts on no request."""
    strikes_each_incarnation: bool = False
    """A service-wide one acts again on every new process."""
