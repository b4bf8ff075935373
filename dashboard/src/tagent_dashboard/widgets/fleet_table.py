"""The table of all services, with what can be done to those that are chosen in it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import streamlit as st

from tagent_dashboard.views.fleet_table import TableRow
from tagent_dashboard.views.times import UNKNOWN

ROWS_SEEN_WHOLE = 10
HEIGHT_PX = 520
_CHOSEN = "tagent.fleet_chosen"
_TREND = pa.list_(pa.float32())


def arrow_table(rows: Sequence[TableRow]) -> pa.Table:
    """Return the rows as the browser is to have them: made once for all who look."""
    return pa.table(
        {
            "name": [row.name for row in rows],
            "status": [row.status for row in rows],
            "why": [row.why for row in rows],
            "latency_ms": pa.array([row.latency_ms for row in rows], pa.float32()),
            "errors_percent": pa.array([row.errors_percent for row in rows], pa.float32()),
            "requests_per_s": pa.array([row.requests_per_s for row in rows], pa.float32()),
            "fault": [row.fault for row in rows],
            "incident": [row.incident for row in rows],
            "trend": pa.array([list(row.trend) for row in rows], _TREND),
        }
    )


def show_table(table: pa.Table, names: Sequence[str], span: str) -> tuple[str, ...]:
    """Show the table whose rows are these services, in this order, and return the names that are chosen.

    The browser tells rows by number. So a table with other rows is another table: its key is made of the names that the numbers stand for, and
    no number ever falls on another service. Names that are still there stay chosen.
    """
    key = f"fleet_table_{hashlib.sha256('/'.join(names).encode()).hexdigest()[:16]}"
    chosen: tuple[str, ...] = st.session_state.get(_CHOSEN, ())
    kept = [number for number, name in enumerate(names) if name in chosen]
    shown = st.dataframe(
        table,
        key=key,
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={"selection": {"rows": kept}},
        hide_index=True,
        column_config=_columns(span),
        height="auto" if len(names) <= ROWS_SEEN_WHOLE else HEIGHT_PX,
        placeholder=UNKNOWN,
        alt=f"Table of {len(names)} services with their state, figures, faults and incidents",
    )
    selected = tuple(names[number] for number in shown.selection.rows if number < len(names))
    st.session_state[_CHOSEN] = selected
    return selected


def _columns(span: str) -> Mapping[str, Any]:
    config = st.column_config
    return {
        "status": config.TextColumn("Status", width=130),
        "name": config.TextColumn("Service", width=180),
        "why": config.TextColumn("Why", width=360),
        "latency_ms": config.NumberColumn("Latency ms", format="%.1f", width=90),
        "errors_percent": config.NumberColumn("Errors %", format="%.1f", width=80),
        "requests_per_s": config.NumberColumn("Requests/s", format="%.1f", width=90),
        "fault": config.TextColumn("Fault", width=150),
        "incident": config.TextColumn("Incident", width=120),
        "trend": config.LineChartColumn(f"Latency, {span}", width=150, y_min=0),
    }
