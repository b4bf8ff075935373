"""How often a page looks again: the person's choice, kept in the page's address."""

from __future__ import annotations

import streamlit as st

CHOICES: dict[str, float | None] = {"1s": 1.0, "2s": 2.0, "5s": 5.0, "Off": None}
DEFAULT = "2s"
PARAMETER = "refresh"
COOKIE = "tagent_refresh"
"""What the person's browser keeps as their usual choice."""


def default_refresh() -> str:
    """Return the person's usual choice."""
    kept = st.context.cookies.get(COOKIE, DEFAULT)
    return kept if kept in CHOICES else DEFAULT


def choose_refresh() -> float | None:
    """Show the choice and return it in seconds; None when the page is to stand still."""
    usual = default_refresh()
    chosen = st.segmented_control(
        "Refresh",
        list(CHOICES),
        default=usual,
        key=PARAMETER,
        bind="query-params",
        required=True,
        label_visibility="collapsed",
        help="How often this page looks again",
    )
    return CHOICES[chosen or usual]
