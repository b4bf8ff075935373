"""Incidents and faults beyond those of the snapshot: the ones that are over, and single ones whole. Asked for once however many look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace

from tagent_client.client import Client
from tagent_client.errors import ApiError
from tagent_contract.events import Event
from tagent_contract.faults import FaultView
from tagent_contract.incidents import IncidentView
from tagent_dashboard.live.answer_cache import Answer
from tagent_dashboard.live.board import Board
from tagent_dashboard.views.events import PLATFORM, EventFilter
from tagent_dashboard.views.events import Page as EventPage
from tagent_dashboard.views.faults import all_faults, is_behind_faults
from tagent_dashboard.views.incidents import is_behind, together

LIST_KEEPS_S = 10.0
OVER_KEEPS_S = 10.0
"""Nothing but notes is added to what is over."""
OPEN_KEEPS_S = 1.0
EVENTS_READ = 300
EVENTS_A_PAGE = 100
EVENTS_SEARCHED = 1000
PAST_KEEPS_S = 60.0
READY_KEEPS_S = 3.0
API_KEEPS_S = 60.0
NOT_FOUND = 404


class Missing:
    """There is no such thing."""


MISSING: Final = Missing()


def incidents(board: Board) -> Answer[tuple[IncidentView, ...]]:
    """Return every incident the platform knows, without timelines, the open ones first."""
    snapshot = board.poller.snapshot
    key, ask = "incidents", _ask_incidents
    known = board.answers.get(key, ask, younger_than_s=LIST_KEEPS_S)
    if known.value is not None and is_behind(known.value, known.taken_at, snapshot):
        known = board.answers.get(key, ask, younger_than_s=OPEN_KEEPS_S)
    if known.value is None:
        return known
    return Answer(together(known.value, snapshot), known.taken_at, known.problem)


def incident(board: Board, incident_id: str) -> Answer[IncidentView | Missing]:
    """Return one incident with its timeline."""
    is_open = any(each.id == incident_id for each in board.poller.snapshot.incidents)

    def ask(client: Client) -> IncidentView | Missing:
        try:
            return client.incident(incident_id)
        except ApiError as error:
            return _missing(error)

    return board.answers.get(
        ("incident", incident_id), ask, younger_than_s=OPEN_KEEPS_S if is_open else OVER_KEEPS_S
    )


def forget_incident(board: Board, incident_id: str) -> None:
    """Ask anew the next time: a person has just changed it."""
    board.answers.forget(("incident", incident_id))
    board.answers.forget("incidents")


def decisions_logged(board: Board, service: str) -> Sequence[Event]:
    """Return the latest of what the event log tells of a service's incidents; nothing while that is not known."""

    def ask(client: Client) -> tuple[Event, ...]:
        found, _ = client.latest_events(service=service, type_prefix="incident.", limit=EVENTS_READ)
        return found

    key = ("incident events", service)
    return board.answers.get(key, ask, younger_than_s=2 * OPEN_KEEPS_S).value or ()


def events(board: Board, asked: EventFilter, before: str | None) -> Answer[EventPage]:
    """Return the latest events before a cursor, or the latest of all. Words are searched for in more of them, since the platform knows no words."""
    limit = EVENTS_SEARCHED if asked.words else EVENTS_A_PAGE

    def ask(client: Client) -> EventPage:
        found, older = client.latest_events(
            before=before,
            service=_named(asked.service),
            type_prefix=asked.type_prefix,
            actor=asked.actor or None,
            limit=limit,
        )
        return EventPage(found, older)

    key = ("events", before, asked.service, asked.type_prefix, asked.actor, limit)
    # What is before an event stays as it is; the newest are followed anyhow.
    keeps_s = LIST_KEEPS_S if before is None else PAST_KEEPS_S
    return board.answers.get(key, ask, younger_than_s=keeps_s)


def _named(service: str) -> str | None:
    return "" if service == PLATFORM else service or None


def readiness(board: Board) -> Answer[bool]:
    """Return whether the platform can work."""
    return board.answers.get(
        "ready", lambda client: client.is_ready(), younger_than_s=READY_KEEPS_S
    )


def api_document(board: Board) -> Answer[Mapping[str, Any]]:
    """Return what the platform says of its own API."""
    return board.answers.get(
        "api document", lambda client: client.openapi(), younger_than_s=API_KEEPS_S
    )


def faults(board: Board) -> Answer[tuple[FaultView, ...]]:
    """Return every fault the platform knows, without timelines, those that have not ended first."""
    snapshot = board.poller.snapshot
    key, ask = "faults", _ask_faults
    known = board.answers.get(key, ask, younger_than_s=LIST_KEEPS_S)
    if known.value is not None and is_behind_faults(known.value, known.taken_at, snapshot):
        known = board.answers.get(key, ask, younger_than_s=OPEN_KEEPS_S)
    if known.value is None:
        return known
    return Answer(all_faults(known.value, snapshot), known.taken_at, known.problem)


def fault(board: Board, fault_id: str) -> Answer[FaultView | Missing]:
    """Return one fault with its timeline."""
    live = {each.id: each for each in board.poller.snapshot.faults}.get(fault_id)

    def ask(client: Client) -> FaultView | Missing:
        try:
            return client.fault(fault_id)
        except ApiError as error:
            return _missing(error)

    known = board.answers.get(
        ("fault", fault_id), ask, younger_than_s=OVER_KEEPS_S if live is None else OPEN_KEEPS_S
    )
    if live is None or not isinstance(known.value, FaultView) or known.value.state.is_final:
        return known
    return Answer(replace(live, timeline=known.value.timeline), known.taken_at, known.problem)


def forget_fault(board: Board, fault_id: str) -> None:
    """Ask anew the next time: a person has just changed it."""
    board.answers.forget(("fault", fault_id))
    board.answers.forget("faults")


def faults_named(board: Board, wanted: Sequence[str]) -> tuple[FaultView, ...]:
    """Return those of the faults that are still known."""
    by_id = {each.id: each for each in faults(board).value or ()} if wanted else {}
    return tuple(by_id[each] for each in wanted if each in by_id)


def incidents_named(board: Board, wanted: Sequence[str]) -> tuple[IncidentView, ...]:
    """Return those of the incidents that are still known, without timelines."""
    by_id = {each.id: each for each in incidents(board).value or ()} if wanted else {}
    return tuple(by_id[each] for each in wanted if each in by_id)


def _ask_incidents(client: Client) -> tuple[IncidentView, ...]:
    return tuple(client.incidents())


def _ask_faults(client: Client) -> tuple[FaultView, ...]:
    return tuple(client.faults())


def _missing(error: ApiError) -> Missing:
    if error.status == NOT_FOUND:
        return MISSING
    raise error
