from __future__ import annotations

import msgspec
import pytest

from tagent_contract.faults import EndReason, FaultState
from tagent_platform.core.records import MaintenanceWindow, TimelineRecord
from tagent_platform.core.views import fault_brief, fault_view, maintenance_view, moment
from tests.unit.platform.core.test_faults import KEY, fault


def test_a_fault_sums_its_targets_up() -> None:
    record = fault(FaultState.EXPIRED)
    first = msgspec.structs.replace(
        record.targets[KEY], injected=3, passed=1, end_reason=EndReason.TTL
    )
    second = msgspec.structs.replace(
        first, instance="chat-2", injected=4, ended_at=1005.0, end_reason=EndReason.MAX_COUNT
    )
    record = msgspec.structs.replace(record, targets={"a": first, "b": second})

    view = fault_view(record, timeline=[TimelineRecord(at=0.0, kind="armed", text="armed")])

    assert (view.type, view.state, view.injected, view.passed) == (
        "latency",
        FaultState.EXPIRED,
        7,
        2,
    )
    assert view.ended_at == "1970-01-01T00:16:45.000Z"
    assert view.end_reason is EndReason.MAX_COUNT
    assert view.timeline[0].at == "1970-01-01T00:00:00.000Z"
    assert fault_brief(record).injected == 7


def test_a_living_fault_has_no_end() -> None:
    view = fault_view(fault(FaultState.ACTIVE))
    assert (view.ended_at, view.end_reason) == (None, None)


@pytest.mark.parametrize(("now", "shown"), [(99.9, True), (100.0, False)])
def test_maintenance_is_shown_while_it_lasts(now: float, shown: bool) -> None:
    window = MaintenanceWindow(reason="r", by="b", until=100.0)
    assert (maintenance_view(window, now) is not None) is shown
    assert maintenance_view(None, now) is None


def test_a_time_that_has_not_come_is_none() -> None:
    assert moment(None) is None
    assert moment(0.0) == "1970-01-01T00:00:00.000Z"
