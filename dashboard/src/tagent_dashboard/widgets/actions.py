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
_REFUSED = "tagent.refused"
_DONE = "tagent.done"


@dataclass(frozen=True, slots=True)
class _Refusal:
    what: str
    text: str
    by: str = ""
    """How many of several refused."""


def act(what: str, do: Callable[[], T]) -> T | None:
    """Do something, such as `Inject latency into chat-service`, and return its result.

    What is shown is asked for anew before this returns. How it went is told by `show_outcome`; None is returned for a refusal.
    """
    try:
        result = do()
    except TagentError as error:
        st.session_state[_REFUSED] = _Refusal(what, _text(error))
        return None
    st.session_state.pop(_REFUSED, None)
    _tell_done(f"{what}: asked")
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
        _tell_done(f"{what}: asked of {done}")
    if refused:
        st.session_state[_REFUSED] = _Refusal(
            what, " ".join(refused), f" by {len(refused)} of {len(services)}"
        )
    else:
        st.session_state.pop(_REFUSED, None)


def _tell_done(text: str) -> None:
    # Not a toast at once: whoever acts in a dialog closes it next, which throws away what was not sent yet.
    st.session_state.setdefault(_DONE, []).append(text)


def _text(error: TagentError) -> str:
    return refusal_text(error.problem) if isinstance(error, ApiError) else str(error)


def show_outcome() -> None:
    """Tell the person how what they did went: a success in a toast, a refusal on the page until they put it away."""
    for text in st.session_state.pop(_DONE, ()):
        st.toast(plain(text), icon=":material/check:")
    refusal: _Refusal | None = st.session_state.get(_REFUSED)
    if refusal is None:
        return
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/block: **{plain(refusal.what)}: refused{refusal.by}.** {plain(refusal.text)}",
            width="stretch",
        )
        st.button(
            "Dismiss", key="dismiss_refusal", on_click=lambda: st.session_state.pop(_REFUSED, None)
        )
