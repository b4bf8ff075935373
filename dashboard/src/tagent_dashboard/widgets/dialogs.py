"""Dialogs, opened beside the page and not within the part of it that runs by itself.

A dialog that a fragment opens is that fragment's child. When the fragment's timer and a press in the dialog reach the server together, Streamlit
(1.67) runs the fragment, takes its children for done with it, and what was pressed is lost: nothing is injected, and nothing says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NoReturn

import streamlit as st

_WANTED = "tagent.dialog"
Width = Literal["small", "medium", "large"]


@dataclass(frozen=True, slots=True)
class _Wanted:
    title: str
    icon: str
    width: Width
    show: Callable[[], None]


def open_dialog(
    title: str, show: Callable[[], None], *, icon: str, width: Width = "small"
) -> NoReturn:
    """Leave this run, and open a dialog over the page with what `show` draws. To be called in the run in which a button was pressed."""
    st.session_state[_WANTED] = _Wanted(title, icon, width, show)
    st.rerun(scope="app")


def show_wanted_dialog() -> None:
    """Open the dialog that was asked for, if any. To be called in each full run, after the page."""
    wanted: _Wanted | None = st.session_state.pop(_WANTED, None)
    if wanted is not None:
        st.dialog(wanted.title, icon=wanted.icon, width=wanted.width)(wanted.show)()
