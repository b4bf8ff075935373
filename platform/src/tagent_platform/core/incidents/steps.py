"""One step in an incident's life: the record after it, and what became true. Every change of an incident is told here.

    OPEN ──intent──► REMEDIATING ──healthy──► VERIFYING ──held──► RESOLVED
     ▲ │                                        │  ▲                 │
     │ └───────────healthy by itself────────────┼──┘                 │
     ├──────────────────sick again──────────────┘                    │
     └──────────────back soon after it was resolved──────────────────┘

Any state but RESOLVED becomes ESCALATED when a person is needed, and stays so until a person ends it or health holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from tagent_contract.events import EventType
from tagent_contract.incidents import IncidentState, Refusal
from tagent_platform.core.happenings import Datum, Happening
from tagent_platform.core.records import HeldBackRecord, IncidentRecord, TimelineRecord

TIMELINE_HEAD = 100
TIMELINE_MAX = 400
"""Beyond that many lines, those after the first hundred go, oldest first."""
BRIEF_S = 2.0
"""A wait of a moment is no news."""
QUIET = frozenset({Refusal.TARGET_LOCKED, Refusal.STARTING})
"""Somebody has it in hand already, which is no news either."""
UNTIL_MOVES_S = 1.0
"""A smaller change of when a hold ends is no news."""


@dataclass(frozen=True, slots=True)
class Step:
    """An incident after something happened to it, and what is to be told of that."""

    incident: IncidentRecord
    happenings: tuple[Happening, ...] = ()

    def change(self, **fields: Any) -> Step:
        """Return the step with fields of the incident replaced; the same step when they hold those values already."""
        if all(getattr(self.incident, name) == value for name, value in fields.items()):
            return self
        return Step(msgspec.structs.replace(self.incident, **fields), self.happenings)

    def tell(
        self,
        kind: str,
        at: float,
        text: str,
        *,
        event: EventType | None = None,
        instance: str | None = None,
        data: Mapping[str, Datum] | None = None,
    ) -> Step:
        """Put a line on the timeline, and with `event` into the log too."""
        line = TimelineRecord(at=at, kind=kind, text=text, instance=instance)
        step = self.change(timeline=_with_line(self.incident.timeline, line))
        if event is None:
            return step
        happening = Happening(
            type=event,
            service=self.incident.service,
            at=at,
            text=text,
            instance=instance,
            data=dict(data or {}),
        )
        return Step(step.incident, (*step.happenings, happening))


def _with_line(
    lines: tuple[TimelineRecord, ...], line: TimelineRecord
) -> tuple[TimelineRecord, ...]:
    """Add a line where its time belongs, after those of the same moment."""
    position = len(lines)
    while position and lines[position - 1].at > line.at:
        position -= 1
    longer = (*lines[:position], line, *lines[position:])
    if len(longer) <= TIMELINE_MAX:
        return longer
    return longer[:TIMELINE_HEAD] + longer[TIMELINE_HEAD + 1 :]


def escalate(
    step: Step,
    reason: Refusal,
    text: str,
    instance: str | None,
    now: float,
    until: float | None = None,
) -> Step:
    """Call a person, once for each instance and reason."""
    incident = step.incident
    who = instance or ""
    if incident.state is IncidentState.ESCALATED and incident.escalated.get(who) is reason:
        return step
    step = step.change(
        state=IncidentState.ESCALATED,
        escalated_at=incident.escalated_at if incident.escalated_at is not None else now,
        escalated={**incident.escalated, who: reason},
        held_back=HeldBackRecord(reason=reason, since=now, until=until, text=text),
    )
    return step.tell(
        "escalated",
        now,
        text,
        event=EventType.INCIDENT_ESCALATED,
        instance=instance,
        data={"reason": reason.value},
    )


def hold_back(
    step: Step, reason: Refusal, text: str, until: float | None, instance: str | None, now: float
) -> Step:
    """Say why healing waits; news only when the reason is another than before."""
    held = step.incident.held_back
    if held is not None and held.reason is reason and not _was_brief(held):
        if held.text == text and not _has_moved(held.until, until):
            return step
        return step.change(held_back=msgspec.structs.replace(held, until=until, text=text))
    new = HeldBackRecord(reason=reason, since=now, until=until, text=text)
    if reason in QUIET or _was_brief(new):
        if held is not None and (held.reason, held.text) == (reason, text):
            return step
        return step.change(held_back=new)
    return step.change(held_back=new).tell(
        "held_back",
        now,
        text,
        event=EventType.INCIDENT_HELD_BACK,
        instance=instance,
        data={"reason": reason.value, "until": until},
    )


def _was_brief(held: HeldBackRecord) -> bool:
    return held.until is not None and held.until - held.since <= BRIEF_S


def _has_moved(before: float | None, after: float | None) -> bool:
    if before is None or after is None:
        return before is not after
    return abs(before - after) >= UNTIL_MOVES_S


def resolve(step: Step, text: str, now: float, *, closed_by: str | None = None) -> Step:
    """End the incident."""
    step = step.change(
        state=IncidentState.RESOLVED,
        resolved_at=now,
        held_back=None,
        patients={},
        escalated={},
        closed_by=closed_by,
    )
    data: dict[str, Datum] = {"mttr_s": round(now - step.incident.detected_at, 3)}
    return step.tell("resolved", now, text, event=EventType.INCIDENT_RESOLVED, data=data)
