"""Filters that live in the page's address, so that a reload or a link shows the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import streamlit as st

from tagent_dashboard.views.paging import PageOf
from tagent_dashboard.views.words import plain

ALL = ""
PAGE = "page"


def choose_scope(parameter: str, narrow: str, everything: str) -> bool:
    """Show the choice between some and all, and tell whether it is some; all is what stands when nobody chose."""
    chosen = st.segmented_control(
        parameter.capitalize(),
        [everything, narrow],
        default=everything,
        key=parameter,
        bind="query-params",
        required=True,
        label_visibility="collapsed",
        format_func=str.capitalize,
        on_change=first_page,
    )
    return chosen == narrow


def choose_one(
    parameter: str,
    label: str,
    everything: str,
    options: Iterable[str],
    show: Callable[[str], str] = str,
) -> str:
    """Show a choice of one value or of all, and return it; empty for all. What the address names is a choice whether it is known or not."""
    known = list(dict.fromkeys(options))
    # The address holds what is read on the page.
    named = st.query_params.get(parameter, ALL)
    if named and named not in map(show, known):
        known.append(named)
    chosen = st.selectbox(
        label,
        [ALL, *known],
        key=parameter,
        bind="query-params",
        label_visibility="collapsed",
        format_func=lambda value: show(value) if value else everything,
        on_change=first_page,
        width=172,
    )
    return chosen or ALL


def page_number() -> int:
    """Return the page of a long list that the address names."""
    named = st.query_params.get(PAGE, "1")
    return int(named) if named.isascii() and named.isdecimal() and len(named) < 9 else 1


def first_page() -> None:
    """Go back to the first page: another list is asked for. To be called from a callback."""
    st.query_params.pop(PAGE, None)


def show_pages(
    shown: PageOf[object], of_what: str, ways: tuple[str, str] = ("Newer", "Older")
) -> None:
    """Show which part of a list this is, and the ways to the rest; nothing for a list of one page. `ways` name those back and on."""
    if shown.pages <= 1:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        _turn(ways[0], "chevron_left", shown.number - 1, shown.number > 1)
        st.markdown(f"{plain(shown.text)} {plain(of_what)}", width="content")
        _turn(ways[1], "chevron_right", shown.number + 1, shown.number < shown.pages)


def _turn(label: str, icon: str, number: int, is_there: bool) -> None:
    st.button(
        label,
        key=f"page_{label.lower()}",
        icon=f":material/{icon}:",
        disabled=not is_there,
        on_click=_go_to_page,
        args=(number,),
    )


def _go_to_page(number: int) -> None:
    if number <= 1:
        first_page()
    else:
        st.query_params[PAGE] = str(number)
