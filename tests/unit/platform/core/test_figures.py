from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagent_contract.reports import CheckFigures, ErrorClass, Histogram, Window
from tagent_platform.core.figures import NO_FIGURES, figures_of, percentile_ms


def bucket_of(microseconds: float) -> int:
    return math.ceil(math.log2(microseconds) * 8)


def window(**changes: object) -> Window:
    return Window(**{"age_s": 0.0, "duration_s": 5.0, **changes})  # type: ignore[arg-type]


def test_nothing_known_is_said_as_such() -> None:
    assert figures_of([]) == figures_of([[]]) == NO_FIGURES
    assert NO_FIGURES.error_ratio is None


def test_rates_add_up_over_instances_and_average_over_windows() -> None:
    one = [window(requests=10), window(requests=20)]
    other = [window(requests=5, duration_s=1.0)]
    assert figures_of([one, other]).requests_per_s == 3 + 5


def test_the_error_ratio_is_over_all_requests() -> None:
    errors = {ErrorClass.STATUS_5XX: 2, ErrorClass.CUT: 1}
    assert figures_of([[window(requests=10, errors=errors)], [window(requests=2)]]).error_ratio == (
        0.25
    )


def test_gauges_are_the_latest_known_and_add_up_over_instances() -> None:
    one = [window(rss_bytes=100, cpu_ratio=0.5, in_flight=9), window(cpu_ratio=0.25, in_flight=1)]
    other = [window(rss_bytes=50, in_flight=2)]
    figures = figures_of([one, other])
    assert (figures.rss_bytes, figures.cpu_ratio, figures.in_flight) == (150, 0.25, 3)


def test_checks_show_their_slowest() -> None:
    windows = [
        window(outside=CheckFigures(passed=1, latency_ms=latency)) for latency in (5.0, 80.0, 7.0)
    ]
    assert figures_of([windows]).check_latency_ms == 80.0


def test_percentiles_come_from_merged_histograms() -> None:
    fast = Histogram(counts={bucket_of(1000): 95})
    slow = Histogram(counts={bucket_of(2_500_000): 5})
    figures = figures_of([[window(first_byte=fast, requests=95)], [window(first_byte=slow)]])
    assert figures.first_byte_p50_ms == pytest.approx(1, rel=0.1)
    assert figures.first_byte_p99_ms == pytest.approx(2500, rel=0.1)


@given(
    st.lists(st.floats(min_value=1.0, max_value=1e9), min_size=1, max_size=50),
    st.sampled_from([0.5, 0.95, 0.99]),
)
def test_a_percentile_is_within_a_bucket_of_the_true_one(values: list[float], share: float) -> None:
    counts: dict[int, int] = {}
    for value in values:
        counts[bucket_of(value)] = counts.get(bucket_of(value), 0) + 1
    true = sorted(values)[math.ceil(share * len(values)) - 1] / 1000
    found = percentile_ms(counts, share)
    assert found is not None
    assert true / 1.1 <= found <= true * 1.1


@pytest.mark.parametrize("counts", [{10**9: 1}, {-5: 1}, {3: 0}, {}])
def test_a_histogram_of_nonsense_gives_no_error(counts: dict[int, int]) -> None:
    found = percentile_ms(counts, 0.95)
    assert found is None or math.isfinite(found)
