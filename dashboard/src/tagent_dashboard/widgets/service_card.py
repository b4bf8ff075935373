"""A service's card: how it is, why, since when, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tagent_dashboard.doorway.sessions import Person
from tagent_dashboard.views.cards import Card, FaultLine
from tagent_dashboard.views.words import FAULT_LOOKS, plain
from tagent_dashboard.widgets.badges import badge
from tagent_dashboard.widgets.fleet_actions import recover
from tagent_dashboard.widgets.links import service_link
from tagent_dashboard.widgets.trend_line import trend_line

LINE_END = "  \n"
"""Two spaces: the next line of the same paragraph."""


def service_card(
    shown: Card, latencies_ms: Sequence[float], span: str, person: Person
) -> str | None:
    """Show a card. Returns the fault type that the person has just asked to inject, if they have."""
    with st.container(border=True, key=f"card-{shown.name}", gap="xsmall", height="stretch"):
        with st.container(
            horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
        ):
            service_link(shown.name)
            st.markdown(badge(shown.health, shown.look), width="content")
        st.markdown(_body(shown))
        if len(latencies_ms) > 1:
            trend_line(
                latencies_ms,
                key=f"trend-{shown.name}",
                description=f"latency of {shown.name} over {span}, from {latencies_ms[0]:.0f} to {latencies_ms[-1]:.0f} ms",
            )
        return _buttons(shown.name, person) if person.may_operate else None


def fault_line(line: FaultLine, *, with_service: bool = False) -> str:
    """Return a fault as one line of Markdown."""
    look = FAULT_LOOKS[line.state]
    colour = "orange" if line.is_late else look.colour
    name = f"**{plain(line.type)}**" + (f" on **{plain(line.service)}**" if with_service else "")
    text = plain(line.text)
    return f":{colour}[:material/{look.icon}:] {name} {f'**{text}**' if line.is_late else text}"


def _body(shown: Card) -> str:
    figures = " · ".join(
        f"**{plain(figure.text)}** {plain(figure.label)}" for figure in shown.figures
    )
    lines = [
        *([plain(shown.why)] if shown.why else []),
        f":gray[{plain(shown.since)}]",
        figures,
        *(fault_line(line) for line in shown.faults),
    ]
    return LINE_END.join(lines)


def _buttons(name: str, person: Person) -> str | None:
    with st.container(horizontal=True, gap="xsmall"):
        wants_latency = st.button("Inject Latency", key=f"inject-latency-{name}")
        wants_error = st.button("Inject Error", key=f"inject-error-{name}")
        st.button("Recover", key=f"recover-{name}", on_click=recover, args=(person, name))
    return "latency" if wants_latency else "error" if wants_error else None
