"""The catalog of experiments, drawn by the browser from one answer: what each promises, what its runs said, and the button that runs it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import streamlit as st

from tagent_dashboard.views.experiments import ExperimentRow

KEY = "experiment_cards"
_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "tagent_experiment_cards",
    html='<ul class="experiments"></ul>',
    css=(_HERE / "experiment_cards.css").read_text(encoding="utf-8"),
    js=(_HERE / "experiment_cards.js").read_text(encoding="utf-8"),
)


def experiment_cards(rows: Sequence[ExperimentRow], *, may_run: bool) -> str:
    """Show the rows in this order; return the name of the experiment whose button was pressed in this very run, else nothing."""
    result = _component(
        key=KEY,
        data={"rows": [asdict(row) for row in rows], "may_run": may_run},
        on_wish_change=_nothing,
        height="content",
    )
    return _wish(result, frozenset(row.name for row in rows if not row.is_open))


def _nothing() -> None:
    pass


def _wish(told: Mapping[str, Any] | None, names: frozenset[str]) -> str:
    """Read what the browser says, which may be anything."""
    wish = told.get("wish") if told else None
    return wish if isinstance(wish, str) and wish in names else ""
