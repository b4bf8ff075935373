"""The instances of a service."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st

from tagent_contract.services import ServiceView
from tagent_dashboard.views.service import instance_rows

_HEADINGS = {
    "health": "Health",
    "name": "Instance",
    "why": "Why",
    "since": "Since (UTC)",
    "contact": "Last contact",
    "address": "Address",
    "runs": "Runs",
    "cannot": "Cannot take",
}


def show_instances(service: ServiceView, now: float) -> None:
    """Show a row for each instance, the worst first."""
    count = len(service.instances)
    st.subheader(f"Instances ({count})" if count != 1 else "Instance", anchor=False)
    if not count:
        st.markdown("None is live. The service comes back by itself with its first report.")
        return
    rows = [asdict(row) for row in instance_rows(service, now)]
    columns = {
        heading: [row[name] for row in rows]
        for name, heading in _HEADINGS.items()
        if name != "cannot" or any(row[name] for row in rows)
    }
    st.dataframe(columns, hide_index=True, alt=f"Table of the {count} instances of {service.name}")
