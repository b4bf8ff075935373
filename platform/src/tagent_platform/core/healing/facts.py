"""What a review looks at, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field

from tagent_contract.policy import Mode
from tagent_platform.core.happenings import Happening
from tagent_platform.core.incidents.attempts import Watch
from tagent_platform.core.incidents.causes import ORGANIC
from tagent_platform.core.ladder import Remedies
from tagent_platform.core.policy import Decision
from tagent_platform.core.records import (
    BudgetRecord,
    FaultRecord,
    HaltRecord,
    IncidentRecord,
    InstanceRecord,
    ServiceRecord,
)

_STRICTEST_FIRST = (Mode.OFF, Mode.CHECK, Mode.HEAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One service as the records show it, and what memory adds."""

    service: ServiceRecord
    live: Mapping[str, InstanceRecord]
    faults: Iterable[FaultRecord] = ()
    """Those that have not ended, and those that ended lately."""
    incident: IncidentRecord | None = None
    """The one that is not resolved."""
    latest: IncidentRecord | None = None
    """The one that was resolved last."""
    resolved: Iterable[IncidentRecord] = ()
    """Those that may be reopened, the newest first."""
    budgets: Mapping[str, BudgetRecord] = field(default_factory=dict)
    halt: HaltRecord | None = None
    heard: Set[str] = frozenset()
    """Instances that have reported since the platform has been listening. Nobody acts on what others said before."""
    proven: Set[str] = frozenset()
    """Instances that answered a real request as their present incarnation."""
    remedies: Remedies = field(default_factory=Remedies)
    is_storm: bool = False
    storm_settle_s: float = 0.0
    listening_since: float = 0.0
    order_acknowledged_within_s: float = 15.0
    roll_out_within_s: float = 600.0
    mode_at_most: Mode = Mode.HEAL

    @property
    def mode(self) -> Mode:
        """The service's mode, or the stricter one that this look is bound to."""
        return min(self.service.policy.healing.mode, self.mode_at_most, key=_STRICTEST_FIRST.index)

    def watch(self) -> Watch:
        """Return what attempts are judged by."""
        return Watch(
            live=self.live,
            proven=self.proven,
            policy=self.service.policy,
            order_acknowledged_within_s=self.order_acknowledged_within_s,
            listening_since=self.listening_since,
            roll_out_within_s=self.roll_out_within_s,
        )


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided for an instance, and which budget pays if that is a restart."""

    instance: str
    decision: Decision
    cause_key: str = ORGANIC


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The records after a look, and what is to be told of it. Records that stay as they are are the same objects."""

    incident: IncidentRecord | None
    live: Mapping[str, InstanceRecord]
    budgets: Mapping[str, BudgetRecord | None] = field(default_factory=dict)
    """The changed ones alone; None: forgiven."""
    decisions: tuple[Decided, ...] = ()
    happenings: tuple[Happening, ...] = ()
    needs_proof: frozenset[str] = frozenset()
    """Instances whose health lacks nothing but a real request's answer."""
