"""What is known of one thing: labels and values that flow as wide as the page is."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from tagent_dashboard.views.words import plain


def show_facts(facts: Sequence[tuple[str, str]]) -> None:
    """Show each value beneath its label."""
    with st.container(horizontal=True, gap="medium"):
        for label, value in facts:
            st.markdown(f":gray[{plain(label)}]  \n**{plain(value)}**", width="content")
