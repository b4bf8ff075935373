"""The event log as an audit trail: who did what, when, to what, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from typing_extensions import override

from tagent_contract.events import Event, EventType
from tagent_contract.experiments import Verdict
from tagent_dashboard.views.times import moment
from tagent_dashboard.views.words import spoken, visible

PLATFORM = "(platform)"
"""Stands for the service of what concerns all of them; no service can have this name."""
LOOKS_KEPT = 64
TONES = {
    EventType.INSTANCE_REGISTERED: "",
    EventType.INSTANCE_SUPERSEDED: "warn",
    EventType.INSTANCE_SAID_GOODBYE: "",
    EventType.INSTANCE_FORGOTTEN: "",
    EventType.HEALTH_CHANGED: "",
    EventType.SERVICE_HEALTH_CHANGED: "",
    EventType.SERVICE_FORGOTTEN: "warn",
    EventType.PROCESS_EXITED: "bad",
    EventType.PROCESS_BACK: "good",
    EventType.PROCESS_GAVE_UP: "bad",
    EventType.FAULT_ARMED: "warn",
    EventType.FAULT_REFUSED: "bad",
    EventType.FAULT_ACKNOWLEDGED: "busy",
    EventType.FAULT_FIRST_AFFECTED: "warn",
    EventType.FAULT_ENDING: "",
    EventType.FAULT_ENDED: "",
    EventType.HALT_SET: "bad",
    EventType.HALT_RELEASED: "good",
    EventType.INCIDENT_OPENED: "bad",
    EventType.INCIDENT_REOPENED: "bad",
    EventType.INCIDENT_DECIDED: "busy",
    EventType.INCIDENT_HELD_BACK: "warn",
    EventType.INCIDENT_RESTARTED: "busy",
    EventType.INCIDENT_HEALTHY: "good",
    EventType.INCIDENT_ATTEMPT_ENDED: "",
    EventType.INCIDENT_RESOLVED: "good",
    EventType.INCIDENT_ESCALATED: "bad",
    EventType.INCIDENT_ACKNOWLEDGED: "busy",
    EventType.INCIDENT_NOTED: "",
    EventType.POLICY_CHANGED: "warn",
    EventType.MAINTENANCE_SET: "warn",
    EventType.MAINTENANCE_ENDED: "",
    EventType.TOKEN_MINTED: "warn",
    EventType.TOKEN_REVOKED: "warn",
    EventType.TRAFFIC_HELD: "warn",
    EventType.TRAFFIC_RELEASED: "good",
    EventType.RUN_WAITING: "",
    EventType.RUN_STARTED: "busy",
    EventType.RUN_STOP_ASKED: "warn",
    EventType.RUN_ENDED: "",
    EventType.PLATFORM_STARTED: "",
    EventType.LEADER_CHANGED: "",
}
"""How grave each is; a change of health is as grave as what it leads to, the end of a run as what it says."""
_TONES = {kind.value: tone for kind, tone in TONES.items()}
_SHAPES = {"bad": "■", "warn": "▲", "good": "●", "busy": "◆", "": "·"}
_HEALTH_TONES = {
    "UNHEALTHY": "bad",
    "OFFLINE": "bad",
    "DEGRADED": "warn",
    "RECOVERING": "busy",
    "HEALTHY": "good",
}
_UNWANTED_TONES = {
    # Of an experiment that must fail.
    Verdict.PASSED.value: "bad",
    Verdict.DEVIATED.value: "bad",
    Verdict.BASELINE_NOT_MET.value: "warn",
    Verdict.INCONCLUSIVE.value: "warn",
    Verdict.ERROR.value: "bad",
}


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are asked for; what is empty asks for all. The platform knows all of it but the words."""

    service: str = ""
    type_prefix: str = ""
    actor: str = ""
    words: str = ""

    def matches(self, event: Event) -> bool:
        """Tell whether it is asked for."""
        service = event.service or PLATFORM
        return (
            self.service in ("", service)
            and event.type.startswith(self.type_prefix)
            and self.actor in ("", event.actor)
            and has_words(event, self.words)
        )


@dataclass(frozen=True, slots=True)
class Link:
    """The way to what an event is about."""

    label: str
    page: str
    query: dict[str, str]


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event, as the page shows it; `more` is what is shown to whoever looks closer."""

    cursor: str
    day: str
    at: str
    tone: str
    shape: str
    service: str
    type: str
    text: str
    why: str
    actor: str
    links: tuple[Link, ...]
    more: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Page:
    """What the platform gave of the log, newest first, and the cursor before which there is more."""

    events: tuple[Event, ...] = ()
    older: str | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What was found: at most a page of it, and how far the search went."""

    events: tuple[Event, ...]
    searched: int
    older: str | None
    """The cursor before which the next page begins; None when there is nothing older."""


NOTHING = Page()


@dataclass(frozen=True, slots=True, eq=False)
class Log:
    """What is known of the log. Two are the same if what they hold is: nothing of it is compared, which would cost more than it saves."""

    tail: tuple[Event, ...] = ()
    """What is followed, newest first."""
    fill: Page = NOTHING
    before: str | None = None
    """The cursor at which the page begins; None for the newest."""

    @override
    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Log)
            and self.tail is other.tail
            and self.fill is other.fill
            and self.before == other.before
        )

    @override
    def __hash__(self) -> int:
        return hash((id(self.tail), id(self.fill), self.before))


@dataclass(frozen=True, slots=True)
class Look:
    """A page of the log, and its rows."""

    found: Found
    rows: tuple[EventRow, ...]


def has_words(event: Event, words: str) -> bool:
    """Tell whether an event holds all of the words, anywhere in it."""
    wanted = words.casefold().split()
    if not wanted:
        return True
    told = " ".join(filter(None, _told(event))).casefold()
    return all(word in told for word in wanted)


def _told(event: Event) -> Iterable[str | None]:
    yield from (event.text, event.type, event.service, event.actor)
    yield from (event.instance, event.fault, event.incident)
    yield from (str(value) for value in event.data.values())


@lru_cache(maxsize=LOOKS_KEPT)
def look(log: Log, asked: EventFilter, size: int) -> Look:
    """Return a page of the log; worked out once for all who look at the same."""
    found = page(log.fill, asked, size) if log.before else newest(log.tail, log.fill, asked, size)
    return Look(found, rows(found.events))


def newest(tail: Sequence[Event], fill: Page, asked: EventFilter, size: int) -> Found:
    """Return the newest events: of those that are followed, and of what the platform knows of just the ones asked for."""
    followed = {event.cursor for event in tail}
    events = [*tail, *(event for event in fill.events if event.cursor not in followed)]
    older = tail[-1].cursor if fill.older in followed and tail else fill.older
    return _found(events, older, asked, size)


def page(fill: Page, asked: EventFilter, size: int) -> Found:
    """Return a page of older events."""
    return _found(fill.events, fill.older, asked, size)


def _found(events: Sequence[Event], older: str | None, asked: EventFilter, size: int) -> Found:
    shown: list[Event] = []
    for searched, event in enumerate(events):
        if not asked.matches(event):
            continue
        if len(shown) == size:
            return Found(tuple(shown), searched, shown[-1].cursor)
        shown.append(event)
    return Found(tuple(shown), len(events), older)


def rows(events: Sequence[Event]) -> tuple[EventRow, ...]:
    """Return the rows, in the order of the events."""
    return tuple(map(_row, events))


def _row(event: Event) -> EventRow:
    tone = _tone(event)
    day, at, _ = moment(event.at).split()
    return EventRow(
        cursor=event.cursor,
        day=day,
        at=at,
        tone=tone,
        shape=_SHAPES[tone],
        service=visible(event.service),
        type=visible(event.type),
        text=visible(event.text),
        why=visible(_why(event)),
        actor=visible(event.actor),
        links=tuple(_links(event)),
        more=tuple(_more(event)),
    )


def _tone(event: Event) -> str:
    if event.type in (EventType.HEALTH_CHANGED, EventType.SERVICE_HEALTH_CHANGED):
        return _HEALTH_TONES.get(str(event.data.get("to")), "")
    if event.type == EventType.RUN_ENDED:
        verdict = str(event.data.get("verdict"))
        is_as_wanted = verdict == event.data.get("wanted", Verdict.PASSED.value)
        return "good" if is_as_wanted else _UNWANTED_TONES.get(verdict, "")
    # A platform newer than this may tell of types that are not known here.
    return _TONES.get(event.type, "")


def _why(event: Event) -> str:
    why = str(event.data.get("why") or "")
    return "" if why in event.text else why


def _links(event: Event) -> Iterable[Link]:
    if event.service:
        yield Link(visible(event.service), "service", {"name": event.service})
    if event.incident is not None:
        yield Link(f"incident {event.incident}", "incidents", {"id": event.incident})
    if event.fault is not None:
        yield Link(f"fault {event.fault}", "faults", {"id": event.fault})
    run = event.data.get("run")
    if event.type.startswith("run.") and isinstance(run, str) and run:
        yield Link(f"run {visible(run)}", "experiments", {"run": run})


def _more(event: Event) -> Iterable[tuple[str, str]]:
    yield "at", event.at
    yield "number within the service", str(event.sequence)
    if event.instance is not None:
        yield "instance", event.instance
    for name, value in event.data.items():
        if name != "why" and value is not None and value != "":
            yield visible(spoken(name)), visible(str(value))


def type_choices() -> tuple[str, ...]:
    """Return what types can be asked for: all that begin alike, and each alone."""
    kinds = sorted(kind.value for kind in EventType)
    groups = sorted({f"{kind.partition('.')[0]}." for kind in kinds})
    return (*groups, *kinds)


def type_label(choice: str) -> str:
    """Return how such a choice is read."""
    return f"{choice}*" if choice.endswith(".") else choice


def found_text(found: Found, asked: EventFilter) -> str:
    """Say how much is shown, and for words how far back was searched."""
    count = len(found.events)
    text = f"{count} {'event' if count == 1 else 'events'}"
    if asked.words and found.searched:
        text += f" found among the {found.searched} searched"
    return text
