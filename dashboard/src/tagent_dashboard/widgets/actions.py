"""What a person does: done with their own token, told how it went, and looked at again at once so that everyone sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import streamlit as st

from tagent_client.errors import ApiError, TagentError
from tagent_dashboard.live import board
from tagent_dashboard.views.refusals import refusal_text
from tagent_dashboard.views.words import plain

T = TypeVar("T")
_KEY = "tagent.refusal"


@dataclass(frozen=True, slots=True)
class _Refusal:
    what: str
    text: str
    by: str = ""
    """How many of several refused."""


def act(what: str, do: Callable[[], T]) -> T | None:
    """Do something, such as `Inject latency into chat-service`, and return its result.

    A success is a toast, and what is shown is asked for anew before this returns. A refusal stays on the page until it is dismissed
    (`show_refusal`); None is returned then. To be called from a callback or before anything is drawn.
    """
    try:
        result = do()
    except TagentError as error:
        st.session_state[_KEY] = _Refusal(what, _text(error))
        return None
    st.session_state.pop(_KEY, None)
    st.toast(f"{plain(what)}: asked", icon=":material/check:")
    board.installed().poller.poll()
    return result


def act_on_each(what: str, services: Sequence[str], do: Callable[[str], object]) -> None:
    """Do the same to several services, such as `Recover 3 services`. Those that refuse are named with why, and hold up no other."""
    refused: list[str] = []
    for service in services:
        try:
            do(service)
        except TagentError as error:
            refused.append(f"{service}: {_text(error)}")
    board.installed().poller.poll()
    done = len(services) - len(refused)
    if done:
        st.toast(f"{plain(what)}: asked of {done}", icon=":material/check:")
    if refused:
        st.session_state[_KEY] = _Refusal(
            what, " ".join(refused), f" by {len(refused)} of {len(services)}"
        )
    else:
        st.session_state.pop(_KEY, None)


def _text(error: TagentError) -> str:
    return refusal_text(error.problem) if isinstance(error, ApiError) else str(error)


def show_refusal() -> None:
    """Show what the person's last action met, if it was refused, until they put it away."""
    refusal: _Refusal | None = st.session_state.get(_KEY)
    if refusal is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/block: **{plain(refusal.what)}: refused{refusal.by}.** {plain(refusal.text)}",
            width="stretch",
        )
        st.button(
            "Dismiss", key="dismiss_refusal", on_click=lambda: st.session_state.pop(_KEY, None)
        )
