"""What of the fleet the table shows: the person's choice, kept in the page's address."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tagent_contract.health import Health
from tagent_dashboard.views.words import WORST_FIRST

SEARCH = "q"
STATUS = "status"
_KEPT = "tagent.fleet_filter"
_BEGUN = "tagent.fleet_filter_begun"
_WORDS = [health.lower() for health in WORST_FIRST]


def choose_filter() -> tuple[str, Sequence[Health]]:
    """Show the choice, and return what is searched for and the states to show; none stands for all.

    The widgets are not bound to the address by Streamlit: a bound widget within a fragment that runs by itself changes the address just as the
    person goes to another page, and the page is then shown under a wrong one.
    """
    begun = _begun_with()
    with st.container(horizontal=True, vertical_alignment="center"):
        search = st.text_input(
            "Search",
            begun[SEARCH][0] if begun[SEARCH] else "",
            key=SEARCH,
            type="search",
            icon=":material/search:",
            placeholder="Search by name, reason or fault",
            label_visibility="collapsed",
            live=True,
            width=320,
            on_change=_keep,
        )
        words = st.pills(
            "Status",
            _WORDS,
            selection_mode="multi",
            default=[word for word in _WORDS if word in begun[STATUS]],
            key=STATUS,
            label_visibility="collapsed",
            on_change=_keep,
        )
    return search or "", [Health(word.upper()) for word in words]


def _begun_with() -> dict[str, list[str]]:
    """Return what the address said when the page was opened, or else what was chosen when it was last left.

    It is the widgets' default in every run. Set as their value once, it would be lost where the next refresh overtakes the drawing of the first.
    """
    if SEARCH not in st.session_state:
        asked = {name: st.query_params.get_all(name) for name in (SEARCH, STATUS)}
        begun = asked if any(asked.values()) else st.session_state.get(_KEPT, asked)
        st.session_state[_BEGUN] = st.session_state[_KEPT] = begun
        if begun != asked:
            _write(begun)
    known: dict[str, list[str]] = st.session_state[_BEGUN]
    return known


def _keep() -> None:
    search, words = st.session_state[SEARCH], list(st.session_state[STATUS])
    kept = {SEARCH: [search] if search else [], STATUS: words}
    st.session_state[_KEPT] = kept
    _write(kept)


def _write(kept: dict[str, list[str]]) -> None:
    for name, values in kept.items():
        if values:
            st.query_params[name] = values
        else:
            st.query_params.pop(name, None)
