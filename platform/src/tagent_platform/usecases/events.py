"""From what the core says happened to what the store appends."""

from __future__ import annotations

from tagent_platform.core.happenings import Happening
from tagent_platform.ports.store import NewEvent
from tagent_platform.usecases.platform import Actor


def event_of(happening: Happening, actor: Actor | str = "") -> NewEvent:
    """Return the event for a happening; `actor` is who brought it about."""
    return NewEvent(
        service=happening.service,
        at=happening.at,
        type=happening.type,
        text=happening.text,
        actor=actor if isinstance(actor, str) else actor.name,
        instance=happening.instance,
        fault=happening.fault,
        data=dict(happening.data),
    )
