"""settings."""

from __future__ import annotations

import streamlit as st

from tagent_dashboard.doorway.sessions import Person


def show(person: Person) -> None:
    """Show it."""
    st.header("Settings")
