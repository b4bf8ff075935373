"""A fault as one line of Markdown."""

from __future__ import annotations

from tagent_dashboard.views.cards import FaultLine
from tagent_dashboard.views.words import FAULT_LOOKS, plain

LINE_END = "  \n"
"""Two spaces: the next line of the same paragraph."""


def fault_line(line: FaultLine) -> str:
    """Return what, where, and how far it got."""
    look = FAULT_LOOKS[line.state]
    colour = "orange" if line.is_late else look.colour
    text = plain(line.text)
    told = f"**{text}**" if line.is_late else text
    return f":{colour}[:material/{look.icon}:] **{plain(line.type)}** on **{plain(line.service)}** {told}"
