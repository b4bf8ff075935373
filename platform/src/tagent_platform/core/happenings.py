"""What became true: the core's word for an event that is still to be written down."""

from __future__ import annotations

from dataclasses import dataclass, field

from tagent_contract.events import EventType

Datum = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One event, before anybody gave it a number. `at` is when it was so, which may be before it was heard of."""

    type: EventType
    service: str
    at: float
    text: str
    instance: str | None = None
    fault: str | None = None
    data: dict[str, Datum] = field(default_factory=dict)
