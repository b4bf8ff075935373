"""Which charts a service has, and what is marked on them."""

from __future__ import annotations

from typing import Any

from tagent_contract.events import Event, EventType
from tagent_contract.faults import FaultState
from tagent_contract.services import SeriesPoint, SeriesView
from tagent_dashboard.views.charts import Band, Span
from tagent_dashboard.views.service_charts import (
    METRICS,
    RANGE_DEFAULT,
    RANGES,
    Panels,
    bands,
    maintenance_bands,
    panels,
)
from tagent_platform.core import metrics as platform_metrics
from tests.fakes import shown


def series(**values: float) -> dict[str, SeriesView]:
    """Return every metric, with one value for those that are given and none for the rest."""
    return {
        metric: SeriesView(
            service="chat",
            metric=metric,
            step_s=5.0,
            points=(SeriesPoint(at=shown.ago(0), value=values.get(metric)),),
        )
        for metric in METRICS
    }


def drawn(**values: float) -> Panels:
    return panels(series(**values), Span(shown.NOW - 900, shown.NOW), ())


def titles(shown_panels: Panels) -> list[str]:
    return [chart["title"] for chart in shown_panels.charts]


def test_every_metric_is_one_that_the_platform_has() -> None:
    assert set(METRICS) <= set(platform_metrics.METRICS)
    assert len(set(METRICS)) == len(METRICS)


def test_every_range_has_steps_that_can_be_drawn() -> None:
    assert RANGE_DEFAULT in RANGES
    for span in RANGES.values():
        assert 30 <= span.window_s / span.step_s <= 300


def test_a_service_with_requests_shows_them_first() -> None:
    made = drawn(requests_per_s=1.4, first_byte_p95_ms=103.0, cpu_ratio=0.1)
    assert titles(made)[:4] == [
        "Latency, first byte",
        "Latency, whole",
        "Requests",
        "Errors",
    ]
    assert made.note == ""


def test_a_service_without_requests_shows_its_checks_and_no_flat_line() -> None:
    made = drawn(requests_per_s=0.0, outside_check_latency_ms=3.0)
    assert titles(made)[0] == "Latency, checks"
    assert "Requests" not in titles(made)
    assert made.note.startswith("No requests in this time")


def test_failed_checks_are_shown_where_there_are_any() -> None:
    assert "Failed health checks" not in titles(drawn(outside_checks_failed=0.0, cpu_ratio=0.1))
    assert "Failed health checks" in titles(drawn(outside_checks_failed=2.0))


def test_where_nothing_was_reported_nothing_is_drawn() -> None:
    assert drawn() == Panels((), "Nothing was reported in this time.")


def test_memory_is_told_in_megabytes_and_the_processor_in_percent() -> None:
    made = drawn(rss_bytes=34_451_456, cpu_ratio=0.015)
    values = {chart["title"]: chart["legend"][0]["value"] for chart in made.charts}
    assert (values["Memory"], values["CPU, of one core"]) == ("34.5 MB", "1.5 %")


def test_a_fault_is_marked_from_its_acknowledgement_until_now_or_its_end() -> None:
    running = shown.fault(targets=(shown.target(acked_at=shown.ago(4)),))
    ended = shown.fault(
        id="f2", state=FaultState.CLEARED, type="rate_limit", ended_at=shown.ago(1), targets=()
    )
    assert bands([running, ended], [], [], shown.NOW) == [
        Band("fault", "latency", shown.NOW - 4, shown.NOW),
        Band("fault", "rate limit", shown.NOW - 5, shown.NOW - 1),
    ]


def test_an_incident_is_marked_until_it_is_resolved() -> None:
    open_still = shown.incident()
    resolved = shown.incident(id="i2", resolved_at=shown.ago(20))
    assert [band.end for band in bands([], [open_still, resolved], [], shown.NOW)] == [
        shown.NOW,
        shown.NOW - 20,
    ]


def event(sequence: int, at_s: float, kind: EventType, **data: Any) -> Event:
    return Event(
        cursor=str(sequence),
        sequence=sequence,
        service="chat",
        at=shown.ago(at_s),
        type=kind,
        text="",
        data=data,
    )


def begun(sequence: int, at_s: float, length_s: float) -> Event:
    until = shown.ago(at_s - length_s)
    return event(sequence, at_s, EventType.MAINTENANCE_SET, until=until)


def lengths(*events: Event) -> list[tuple[float, float]]:
    return [
        (shown.NOW - band.start, shown.NOW - band.end)
        for band in maintenance_bands(events, shown.NOW)
    ]


def test_maintenance_is_marked_until_it_was_ended() -> None:
    ended = event(2, 40, EventType.MAINTENANCE_ENDED)
    assert lengths(ended, begun(1, 100, 3600)) == [(100, 40)]


def test_maintenance_that_ran_out_ends_when_it_said_it_would() -> None:
    assert lengths(begun(1, 100, 60)) == [(100, 40)]


def test_maintenance_that_goes_on_reaches_until_now() -> None:
    assert lengths(begun(1, 100, 3600)) == [(100, 0)]


def test_maintenance_that_was_set_anew_is_two_bands() -> None:
    assert lengths(begun(1, 100, 3600), begun(2, 50, 20)) == [(100, 50), (50, 30)]
