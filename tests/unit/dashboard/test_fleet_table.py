"""The rows of the table: text as it is, numbers rounded, nothing where nothing is known."""

from __future__ import annotations

from tagent_contract.faults import FaultState
from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState
from tagent_contract.services import Figures
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.fleet import fleet_entries
from tagent_dashboard.views.fleet_table import TableRow, table_rows
from tests.fakes import shown


def test_a_row_holds_rounded_figures_and_says_state_with_shape_and_word() -> None:
    latest = Figures(requests_per_s=12.345, error_ratio=0.01234, first_byte_p95_ms=103.456)
    snapshot = Snapshot(
        taken_at=shown.NOW,
        services=(shown.service("a", health=Health.DEGRADED, detail="slow", figures=latest),),
        faults=(
            shown.fault(service="a"),
            shown.fault(id="f2", service="a", type="cpu", state=FaultState.PENDING),
        ),
        incidents=(shown.incident(service="a", state=IncidentState.OPEN, summary="slow"),),
    )
    (row,) = table_rows(fleet_entries(snapshot), lambda name: [1.0, 2.0] if name == "a" else [])

    assert row == TableRow(
        status="▲ DEGRADED",
        name="a",
        why="22:12:20 slow",
        latency_ms=103.5,
        errors_percent=1.2,
        requests_per_s=12.3,
        fault="⚡ latency active, ◌ cpu pending",
        incident="○ OPEN",
        trend=[1.0, 2.0],
    )


def test_what_is_not_known_is_nothing_and_not_zero() -> None:
    snapshot = Snapshot(taken_at=shown.NOW, services=(shown.service("a"),))
    (row,) = table_rows(fleet_entries(snapshot), lambda _: ())

    assert row.latency_ms is None
    assert row.errors_percent is None
    assert row.fault == row.incident == ""


def test_a_service_that_healed_lately_says_so() -> None:
    snapshot = Snapshot(
        taken_at=shown.NOW,
        services=(shown.service("a"),),
        healed=(shown.incident(service="a"),),
    )
    (row,) = table_rows(fleet_entries(snapshot), lambda _: ())
    assert row.incident == "● RESOLVED"
