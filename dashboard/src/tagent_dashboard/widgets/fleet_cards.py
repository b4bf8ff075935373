"""The cards of the fleet's page, drawn by the browser from one answer.

Made of Streamlit's own elements, twelve cards took two thirds of what a refresh costs the server, and more of the page's main thread than all the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.views.card_faces import Face
from tagent_dashboard.widgets.fleet_actions import recover

KEY = "cards"
_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "tagent_fleet_cards",
    html='<ul class="cards"></ul>',
    css=(_HERE / "fleet_cards.css").read_text(encoding="utf-8"),
    js=(_HERE / "fleet_cards.js").read_text(encoding="utf-8"),
)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person has just asked for on a card: to `recover` its service, or to inject `latency` or `error` into it."""

    what: str
    service: str


_WHAT = frozenset({"recover", "latency", "error"})


def fleet_cards(faces: Sequence[Face], person: Person) -> Wish | None:
    """Show the cards in this order; return what the person has just asked for and is still to be done. A wish to recover is carried out before."""
    services = frozenset(shown.service for shown in faces)

    def carry_out() -> None:
        wish = _wish(st.session_state.get(KEY), services)
        if wish is not None and wish.what == "recover":
            recover(person, wish.service)

    result = _component(
        key=KEY,
        data={"faces": [asdict(shown) for shown in faces], "may_operate": person.may_operate},
        on_wish_change=carry_out,
        height="content",
    )
    wish = _wish(result, services)
    return None if wish is None or wish.what == "recover" else wish


def _wish(told: Mapping[str, Any] | None, services: frozenset[str]) -> Wish | None:
    """Read what the browser says, which may be anything."""
    wish = told.get("wish") if told else None
    if not isinstance(wish, Mapping) or wish.get("what") not in _WHAT:
        return None
    if wish.get("service") not in services:
        return None
    return Wish(wish["what"], wish["service"])
