"""The audit log: everything that changed, who changed it and why, as it happens and back to its beginning."""

from __future__ import annotations

import streamlit as st

from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.live import board, records
from tagent_dashboard.views.events import (
    NOTHING,
    PLATFORM,
    EventFilter,
    Found,
    Log,
    found_text,
    look,
    type_choices,
    type_label,
)
from tagent_dashboard.views.times import moment
from tagent_dashboard.views.words import plain
from tagent_dashboard.widgets.event_log import event_log
from tagent_dashboard.widgets.filters import choose_one
from tagent_dashboard.widgets.page_head import show_nothing_known, state_row

ROWS = 100
FOLLOW_EVERY_S = 1.0
BEFORE = "before"


def show(_person: Person) -> None:
    """Show the newest events, following, or those before the one that the address names."""
    before = st.query_params.get(BEFORE)
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.title("Events", anchor=False, width="content")
        follows = _choose_following() if before is None else False
    asked = _choose_filter()
    every = FOLLOW_EVERY_S if follows else None
    st.fragment(run_every=every, key="events")(_live)(asked, before, every)


def _choose_following() -> bool:
    return st.toggle(
        "Follow",
        value=True,
        key="follow",
        bind="query-params",
        help="New events appear at the top as they happen; without it the page stands still",
    )


def _choose_filter() -> EventFilter:
    installed = board.installed()
    services = sorted(service.name for service in installed.poller.snapshot.services)
    actors = sorted({event.actor for event in installed.events.events} - {""})
    with st.container(horizontal=True, vertical_alignment="center"):
        return EventFilter(
            service=choose_one("service", "Service", "All services", [PLATFORM, *services]),
            type_prefix=choose_one("type", "Type", "All types", type_choices(), type_label),
            actor=choose_one("actor", "Actor", "By anybody", actors),
            words=st.text_input(
                "Search",
                key="q",
                bind="query-params",
                type="search",
                icon=":material/search:",
                placeholder="Words in the text, a name or an id",
                label_visibility="collapsed",
                live=True,
                width=300,
            )
            or "",
        )


def _live(asked: EventFilter, before: str | None, every: float | None) -> None:
    installed = board.installed()
    known = records.events(installed, asked, before)
    log = Log(installed.events.events, known.value or NOTHING, before)
    shown = look(log, asked, ROWS)
    found = shown.found
    is_known = known.value is not None or bool(found.events)
    with state_row(installed.poller.snapshot, installed.poller.now(), every):
        if is_known:
            _show_where(found, asked, before)
    if not is_known:
        show_nothing_known(known.problem, installed.poller.snapshot)
        _show_ways(found, before)
        return
    if not found.events:
        st.info(_nothing_found(asked, found))
    place = st.container()
    _show_ways(found, before)
    with place:
        event_log(shown.rows, key="event_log")


def _show_where(found: Found, asked: EventFilter, before: str | None) -> None:
    where = " before the page you came from" if before is not None else ""
    st.markdown(f"**{plain(found_text(found, asked))}**{where}")


def _nothing_found(asked: EventFilter, found: Found) -> str:
    if asked == EventFilter():
        return "Nothing has happened yet."
    more = " Older shows what is before those." if found.older is not None else ""
    return f"No event is like that among those searched.{more}"


def _show_ways(found: Found, before: str | None) -> None:
    """Show the ways to the newest events and to older ones."""
    if before is None and found.older is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        if st.button(
            "Newest", key="newest", icon=":material/vertical_align_top:", disabled=before is None
        ):
            _go_before(None)
        if st.button(
            "Older", key="older", icon=":material/chevron_right:", disabled=found.older is None
        ):
            _go_before(found.older)
        if found.events:
            st.markdown(f"back to {plain(moment(found.events[-1].at))}", width="content")


def _go_before(cursor: str | None) -> None:
    """Show the events before a cursor, or the newest; the whole page, since only the newest can be followed."""
    if cursor is None:
        st.query_params.pop(BEFORE, None)
    else:
        st.query_params[BEFORE] = cursor
    st.rerun()
