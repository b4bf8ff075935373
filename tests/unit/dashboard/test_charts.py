"""Charts are values: gaps stay gaps, and what happened is marked where it fits."""

from __future__ import annotations

from typing import Any

import pytest

from tagent_contract.services import SeriesPoint, SeriesView
from tagent_dashboard.views.charts import LANES_MAX, Band, Chart, Line, Span, bands_in, panel
from tagent_dashboard.views.times import milliseconds
from tests.fakes import shown

LATENCY = Chart(
    "Latency", (Line("p50", "p50"), Line("p95", "p95", 1000.0)), "ms", milliseconds, 20.0
)
SPAN = Span(shown.NOW - 900, shown.NOW)


def view(metric: str, *values: float | None, step_s: float = 5.0) -> SeriesView:
    first = len(values) - 1
    points = tuple(
        SeriesPoint(at=shown.ago((first - number) * step_s), value=value)
        for number, value in enumerate(values)
    )
    return SeriesView(service="chat", metric=metric, step_s=step_s, points=points)


def drawn(*views: SeriesView, chart: Chart = LATENCY, bands: Any = ()) -> dict[str, Any]:
    return panel(chart, {item.metric: item for item in views}, SPAN, bands)


def test_a_step_without_a_value_is_a_gap() -> None:
    trace = drawn(view("p50", 1.0, None, 3.0))["figure"]["data"][0]
    assert trace["y"] == [1.0, None, 3.0]
    assert trace["connectgaps"] is False


def test_times_are_told_by_the_first_step_and_its_length() -> None:
    trace = drawn(view("p50", 1.0, 2.0))["figure"]["data"][0]
    assert (trace["x0"], trace["dx"]) == (round((shown.NOW - 5) * 1000), 5000)


def test_a_factor_turns_a_metric_into_the_charts_unit() -> None:
    assert drawn(view("p95", 0.103))["figure"]["data"][0]["y"] == [103.0]


def test_lines_differ_in_colour_and_in_dash() -> None:
    first, second = drawn(view("p50", 1.0), view("p95", 1.0))["figure"]["data"]
    assert first["line"]["color"] != second["line"]["color"]
    assert first["line"]["dash"] != second["line"]["dash"]


def test_the_legend_says_what_is_so_now() -> None:
    made = drawn(view("p50", 5.0, 103.0), view("p95", 1.0, None, None, None))
    assert [(entry["label"], entry["value"]) for entry in made["legend"]] == [
        ("p50", "103 ms"),
        ("p95", "\N{EN DASH}"),
    ]


def test_a_single_line_needs_no_name_beside_the_title() -> None:
    assert [entry["label"] for entry in drawn(view("p50", 1.0))["legend"]] == [""]


def test_the_description_tells_it_to_whoever_cannot_see_it() -> None:
    made = drawn(view("p50", 2512.0, 103.0))
    assert made["description"] == "Latency: p50 103 ms now, at most 2512 ms."
    assert drawn()["description"] == "Latency: \N{EN DASH}."


def test_the_scale_reaches_from_nothing_to_more_than_noise() -> None:
    axis = drawn(view("p50", 1.0))["figure"]["layout"]["yaxis"]
    assert axis["rangemode"] == "tozero"
    assert axis["autorangeoptions"] == {"include": [0, 20.0]}


def test_counts_are_bars_as_wide_as_their_step() -> None:
    restarts = Chart("Restarts", (Line("restarts", "restarts"),), "", str, 1.0, is_count=True)
    trace = drawn(view("restarts", 1.0), chart=restarts)["figure"]["data"][0]
    assert (trace["type"], trace["width"]) == ("bar", 5000)


def band(start_s: float, end_s: float, label: str = "latency", kind: str = "fault") -> Band:
    """Return a band from so long before NOW to so long before it."""
    return Band(kind, label, shown.NOW - start_s, shown.NOW - end_s)


def lanes(*bands: Band) -> list[int]:
    return [found["lane"] for found in bands_in(bands, SPAN)]


def test_bands_outside_the_span_are_left_out() -> None:
    assert bands_in([band(2000, 1000), band(-5, -10)], SPAN) == []


def test_a_band_that_began_earlier_ends_where_it_did() -> None:
    (found,) = bands_in([band(2000, 100)], SPAN)
    assert found["end"] == round((shown.NOW - 100) * 1000)
    assert (found["label"], found["lane"]) == ("latency", 0)


def test_labels_that_would_overlap_stand_below_each_other() -> None:
    assert lanes(band(600, 300), band(500, 100)) == [0, 1]
    assert lanes(band(800, 700), band(300, 100)) == [0, 0]


def test_a_short_band_keeps_room_for_its_label() -> None:
    assert lanes(band(600, 599), band(590, 589)) == [0, 1]


def test_what_finds_no_lane_is_shaded_without_a_label() -> None:
    assert lanes(*[band(600, 0)] * (LANES_MAX + 1)) == [0, 1, 2, -1]


@pytest.mark.parametrize("kind", ["fault", "incident", "maintenance"])
def test_each_kind_has_its_colour(kind: str) -> None:
    assert bands_in([band(10, 0, kind=kind)], SPAN)[0]["colour"].startswith("#")


def test_a_label_says_nothing_to_the_chart() -> None:
    assert bands_in([band(10, 0, label="<b>x</b>")], SPAN)[0]["label"] == "&lt;b&gt;x&lt;/b&gt;"
