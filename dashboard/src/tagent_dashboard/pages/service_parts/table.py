"""A small table of text, made the cheapest way: Streamlit would go through pandas, which costs several times as much."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import streamlit as st


def show_table(rows: Sequence[Mapping[str, Any]], headings: Mapping[str, str], alt: str) -> None:
    """Show rows under their headings. `alt` is what the table is, to whoever cannot see it."""
    columns = {heading: [str(row[name]) for row in rows] for name, heading in headings.items()}
    st.dataframe(pa.table(columns), hide_index=True, alt=alt)
