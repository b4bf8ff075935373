"""A state as a badge within Markdown: shape, word and colour."""

from __future__ import annotations

from tagent_dashboard.views.words import Look, plain


def badge(word: str, look: Look) -> str:
    """Return the badge as Markdown."""
    return f":{look.colour}-badge[:material/{look.icon}: {plain(word)}]"
