"""A platform in memory, and the dashboard's pages over it, without a server or a browser."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import msgspec
from streamlit.runtime.state.session_state import STREAMLIT_INTERNAL_KEY_PREFIX
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

import tagent_dashboard
from tagent_client.client import Client
from tagent_client.errors import ApiError, UnreachableError
from tagent_client.settings import ClientSettings
from tagent_contract.events import Event
from tagent_contract.faults import Fault, FaultView, fault_type
from tagent_contract.incidents import IncidentView
from tagent_contract.policy import Mode, ServicePolicy
from tagent_contract.problems import PROBLEM_TYPE_PREFIX, Problem
from tagent_contract.services import (
    Halt,
    HealingPass,
    LogEntry,
    Maintenance,
    Role,
    SeriesPoint,
    SeriesView,
    ServiceView,
    TokenView,
)
from tagent_dashboard.doorway.sessions import Person, Sessions
from tagent_dashboard.live import board
from tagent_dashboard.live.answer_cache import AnswerCache
from tagent_dashboard.live.board import Board
from tagent_dashboard.live.event_tail import EventTail
from tagent_dashboard.live.poller import Poller
from tagent_dashboard.live.series_cache import SeriesCache
from tagent_dashboard.settings import Settings
from tagent_platform.api.openapi import _contract_schemas
from tests.fakes import shown

SCRIPT = Path(tagent_dashboard.__file__).parent / "script" / "main.py"
RUN_TIMEOUT_S = 30


@dataclass
class FakePlatform:
    """What the platform knows. Tests change it as they like; `asked` holds each thing that a person did, `(verb, arguments...)`."""

    services: dict[str, ServiceView] = field(default_factory=dict)
    faults: list[FaultView] = field(default_factory=list)
    incidents: list[IncidentView] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    logs: list[LogEntry] = field(default_factory=list)
    policies: dict[str, ServicePolicy] = field(default_factory=dict)
    series: dict[tuple[str, str], tuple[SeriesPoint, ...]] = field(default_factory=dict)
    """By (service, metric)."""
    halt: Halt = field(default_factory=lambda: Halt(halted=False))
    now: float = shown.NOW
    is_down: bool = False
    is_ready: bool = True
    says_what_there_is: threading.Event | None = None
    """Its API's document comes only once that is set."""
    refusal: Problem | None = None
    """What everything that a person does is answered with, while it is set."""
    refusals: dict[str, Problem] = field(default_factory=dict)
    """The same for what is done to one service, or to one of whatever its verb is about."""
    asked: list[tuple[Any, ...]] = field(default_factory=list)

    def add(self, *services: ServiceView) -> None:
        self.services.update({service.name: service for service in services})


@dataclass
class FakeClient:
    """One person's `tagent_client.client.Client` over a FakePlatform: answers at once, does what it can show and no more."""

    platform: FakePlatform
    role: str = "operator"

    def _read(self) -> FakePlatform:
        if self.platform.is_down:
            raise UnreachableError("nobody answers at http://127.0.0.1:1; is the platform running?")
        return self.platform

    def _ask(self, *what: Any) -> FakePlatform:
        platform = self._read()
        refusal = platform.refusal or platform.refusals.get(str(what[1]) if what[1:] else "")
        if refusal is not None:
            raise ApiError(refusal)
        platform.asked.append(what)
        return platform

    def close(self) -> None:
        pass

    # What is read

    def services(self) -> tuple[ServiceView, ...]:
        return tuple(self._read().services.values())

    def service(self, name: str) -> ServiceView:
        return _found(self._read().services.get(name), f"there is no service {name!r}")

    def faults(self, *, service: str | None = None, active: bool = False) -> Iterator[FaultView]:
        for fault in self._read().faults:
            if service in (None, fault.service) and not (active and fault.state.is_final):
                yield fault

    def fault(self, fault_id: str) -> FaultView:
        by_id = {fault.id: fault for fault in self._read().faults}
        return _found(by_id.get(fault_id), f"there is no fault {fault_id!r}")

    def incidents(
        self, *, service: str | None = None, unresolved: bool = False
    ) -> Iterator[IncidentView]:
        for incident in self._read().incidents:
            is_wanted = service in (None, incident.service)
            if is_wanted and not (unresolved and incident.resolved_at is not None):
                yield incident

    def incident(self, incident_id: str) -> IncidentView:
        by_id = {incident.id: incident for incident in self._read().incidents}
        return _found(by_id.get(incident_id), f"there is no incident {incident_id!r}")

    def events(
        self, *, after: str | None = None, service: str | None = None, limit: int = 100
    ) -> tuple[tuple[Event, ...], str | None]:
        known = self._read().events
        cursors = [event.cursor for event in known]
        rest = known[cursors.index(after) + 1 :] if after in cursors else known
        page = [event for event in rest if service in (None, event.service)][:limit]
        return tuple(page), page[-1].cursor if page else after

    def latest_events(
        self,
        *,
        before: str | None = None,
        service: str | None = None,
        type_prefix: str | None = None,
        actor: str | None = None,
        limit: int = 100,
    ) -> tuple[tuple[Event, ...], str | None]:
        known = self._read().events
        cursors = [event.cursor for event in known]
        older = known[: cursors.index(before)] if before in cursors else known
        found = [
            event
            for event in reversed(older)
            if service in (None, event.service)
            and event.type.startswith(type_prefix or "")
            and actor in (None, event.actor)
        ]
        return tuple(found[:limit]), found[limit - 1].cursor if len(found) > limit else None

    def halt_state(self) -> Halt:
        return self._read().halt

    def series(
        self, name: str, metric: str, *, window_s: float = 900, step_s: float = 5
    ) -> SeriesView:
        points = self._read().series.get((name, metric), ())
        return SeriesView(service=name, metric=metric, step_s=step_s, points=points)

    def figures(
        self, name: str, metrics: Sequence[str], *, window_s: float = 900, step_s: float = 5
    ) -> tuple[SeriesView, ...]:
        return tuple(
            self.series(name, metric, window_s=window_s, step_s=step_s) for metric in metrics
        )

    def logs(
        self, name: str, *, query: str | None = None, level: str | None = None, limit: int = 200
    ) -> tuple[LogEntry, ...]:
        found = [
            entry
            for entry in self._read().logs
            if (not query or query in entry.text) and level in (None, entry.level)
        ]
        return tuple(found[-limit:])

    def policy(self, name: str) -> ServicePolicy:
        return self._read().policies.get(name, ServicePolicy())

    def openapi(self) -> dict[str, Any]:
        says = self._read().says_what_there_is
        assert says is None or says.wait(30)
        return {"info": {"version": "9.9"}, "components": {"schemas": _contract_schemas()}}

    def is_ready(self) -> bool:
        return self._read().is_ready

    def whoami(self) -> Role:
        self._read()
        return Role(name="anna", role=self.role)

    def tokens(self) -> tuple[TokenView, ...]:
        self._read()
        return ()

    # What a person does

    def inject(
        self, service: str, fault: Fault | Mapping[str, Any], *, force: bool = False
    ) -> FaultView:
        fault = msgspec.convert(fault, Fault)
        platform = self._ask("inject", service, fault, force)
        view = shown.fault(
            id=f"f{len(platform.faults) + 1}",
            service=service,
            type=fault_type(fault),
            fault=fault,
            state="PENDING",
            targets=(),
        )
        platform.faults.insert(0, view)
        return view

    def end_fault(self, fault_id: str, reason: str = "") -> FaultView:
        self._ask("end_fault", fault_id, reason)
        return self.fault(fault_id)

    def clear(self, service: str, reason: str = "") -> tuple[FaultView, ...]:
        self._ask("clear", service, reason)
        return tuple(self.faults(service=service, active=True))

    def halt(self, reason: str) -> Halt:
        platform = self._ask("halt", reason)
        platform.halt = Halt(halted=True, reason=reason, by="anna", at=shown.ago(0))
        return platform.halt

    def release(self, reason: str = "") -> Halt:
        platform = self._ask("release", reason)
        platform.halt = Halt(halted=False)
        return platform.halt

    def recover(self, service: str, reason: str = "") -> IncidentView:
        self._ask("recover", service, reason)
        return shown.incident(service=service)

    def restart(self, service: str, reason: str = "", instance: str | None = None) -> IncidentView:
        self._ask("restart", service, reason, instance)
        return shown.incident(service=service)

    def acknowledge(self, incident_id: str) -> IncidentView:
        self._ask("acknowledge", incident_id)
        return self.incident(incident_id)

    def close_incident(self, incident_id: str, reason: str = "") -> IncidentView:
        self._ask("close_incident", incident_id, reason)
        return self.incident(incident_id)

    def note(self, incident_id: str, text: str) -> IncidentView:
        self._ask("note", incident_id, text)
        return self.incident(incident_id)

    def healing_pass(self, mode: Mode) -> HealingPass:
        self._ask("healing_pass", mode)
        return HealingPass(at=shown.ago(0), mode=mode, decisions=())

    def set_policy(self, name: str, policy: ServicePolicy | Mapping[str, Any]) -> ServicePolicy:
        made = msgspec.convert(policy, ServicePolicy)
        self._ask("set_policy", name, made).policies[name] = made
        return made

    def set_maintenance(self, name: str, reason: str, duration_s: float) -> Maintenance:
        self._ask("set_maintenance", name, reason, duration_s)
        return Maintenance(reason=reason, until=shown.ago(-duration_s), by="anna")

    def end_maintenance(self, name: str) -> None:
        self._ask("end_maintenance", name)

    def forget_service(self, name: str) -> None:
        self._ask("forget_service", name)


class FakeSessions(Sessions):
    """Everybody is the one given person."""

    def __init__(self, platform: ClientSettings, person: Person) -> None:
        super().__init__(platform)
        self._person = person

    def local_person(self) -> Person:
        return self._person


def refused(reason: str = "maintenance", **changes: Any) -> Problem:
    """Return a 409 as the platform gives it."""
    known: dict[str, Any] = {
        "type": f"{PROBLEM_TYPE_PREFIX}refused",
        "title": "refused",
        "status": 409,
        "detail": f"refused: {reason}",
        "reason": reason,
    }
    return Problem(**{**known, **changes})


def install_board(platform: FakePlatform, *, role: str = "operator", waits_s: float = 30) -> Board:
    """Make a board over it the process's one, polled once. Nothing runs by itself: `poller.poll()` looks again.

    Each answer is waited for by default, however slow the machine is.
    """
    client = cast("Client", FakeClient(platform, role))
    address = ClientSettings(url="http://127.0.0.1:1", token="t", home=Path("/nowhere"))
    poller = Poller(lambda: client, interval_s=1.0, now=lambda: platform.now)
    answers = AnswerCache(lambda: client, now=lambda: platform.now, wait_s=(waits_s, waits_s))
    made = Board(
        settings=Settings(host="127.0.0.1", port=8501, platform=address),
        sessions=FakeSessions(address, Person("anna", role, client)),
        poller=poller,
        series=SeriesCache(answers),
        answers=answers,
        events=EventTail(lambda: client, poller.wake),
    )
    board.install(made)
    if not platform.is_down:
        made.events.read_latest(client)
    made.poller.poll()
    return made


def open_page(path: str = "", **query: str) -> AppTest:
    """Return a page, run once, as if its address had been opened: "" is the fleet, else `service`, `incidents` ..."""
    page = AppTest.from_file(str(SCRIPT), default_timeout=RUN_TIMEOUT_S)
    page.query_params.update(query)
    page._page_hash = calc_hash(path)
    return page.run()


def component_data(page: AppTest, name: str) -> dict[str, Any]:
    """Return what one of our own components was last told."""
    found: dict[str, Any] = json.loads(_component(page, name).json)
    return found


def trigger(page: AppTest, name: str, **value: Any) -> AppTest:
    """Run the page as the browser does when something happened in one of our own components, which an AppTest alone cannot."""
    events = f"{STREAMLIT_INTERNAL_KEY_PREFIX}_{_component(page, name).id}__events"
    happened = [{"event": event, "value": what} for event, what in value.items()]
    states = page._tree.get_widget_states()
    states.widgets.add(id=events, json_trigger_value=json.dumps(happened))
    return page._run(states)


def _component(page: AppTest, name: str) -> Any:
    return next(
        part.proto for part in page.get("bidi_component") if part.proto.component_name == name
    )


def _found(value: Any, detail: str) -> Any:
    if value is None:
        problem = Problem(
            type=f"{PROBLEM_TYPE_PREFIX}not-found", title="not found", status=404, detail=detail
        )
        raise ApiError(problem)
    return value
