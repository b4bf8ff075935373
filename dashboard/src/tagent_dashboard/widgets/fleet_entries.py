"""What all who look at the fleet share: worked out once for each snapshot."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from tagent_dashboard.live import board
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.fleet import Entry, fleet_entries
from tagent_dashboard.views.fleet_table import table_rows
from tagent_dashboard.widgets.fleet_table import arrow_table
from tagent_dashboard.widgets.per_snapshot import PerSnapshot

_ENTRIES = PerSnapshot(fleet_entries)
_TABLES: dict[float, PerSnapshot[pa.Table]] = {}


def entries_of(snapshot: Snapshot) -> tuple[Entry, ...]:
    """Return the fleet's services by name."""
    return _ENTRIES.of(snapshot)


def table_of(snapshot: Snapshot, span_s: float, names: Sequence[str]) -> pa.Table:
    """Return the table of these services, which are in the order of `entries_of`."""
    whole = _TABLES.setdefault(span_s, PerSnapshot(lambda it: _whole_table(it, span_s))).of(
        snapshot
    )
    if len(names) == whole.num_rows:
        return whole
    wanted = frozenset(names)
    entries = entries_of(snapshot)
    rows = [number for number, entry in enumerate(entries) if entry.service.name in wanted]
    return whole.take(rows)


def _whole_table(snapshot: Snapshot, span_s: float) -> pa.Table:
    lines = board.installed().poller.trends.lines(span_s)
    return arrow_table(table_rows(entries_of(snapshot), lambda name: lines.get(name, ())))
