"""From what the core says happened to what the store appends."""

from __future__ import annotations

from tagent_contract.events import EventType
from tagent_platform.core.happenings import Happening
from tagent_platform.ports.store import NewEvent
from tagent_platform.usecases.platform import Actor


def event_of(happening: Happening, actor: Actor | str = "", why: str = "") -> NewEvent:
    """Return the event for a happening; `actor` is who brought it about, and `why` what they said of it."""
    return NewEvent(
        service=happening.service,
        at=happening.at,
        type=happening.type,
        text=happening.text,
        actor=actor if isinstance(actor, str) else actor.name,
        instance=happening.instance,
        fault=happening.fault,
        data={**happening.data, "why": why} if why else dict(happening.data),
    )


def event_by(
    actor: Actor,
    type_: EventType,
    service: str,
    text: str,
    *,
    at: float,
    why: str = "",
    **data: str | float | bool | None,
) -> NewEvent:
    """Return the event of something a person did."""
    return NewEvent(
        service=service,
        at=at,
        type=type_,
        text=text,
        actor=actor.name,
        data={**data, "why": why} if why else dict(data),
    )
