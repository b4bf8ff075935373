from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tagent_contract.reports import CheckFigures, ErrorClass, Histogram, Window
from tagent_platform.adapters.series.prometheus_samples import (
    BUCKET_HIGHEST,
    BUCKET_LOWEST,
    LE_SECONDS,
    Figure,
    instant_ms,
    names_of,
    points_of,
    window_of,
)
from tagent_platform.core.metrics import METRICS

counts = st.integers(0, 2**40)
some = st.integers(1, 2**40)
ms = st.integers(0, 10**9).map(lambda n: n / 1000)
ratios = st.none() | st.floats(0, 1000)
sizes = st.none() | counts
histograms = st.dictionaries(st.integers(BUCKET_LOWEST, BUCKET_HIGHEST), some, max_size=40).flatmap(
    lambda found: st.builds(Histogram, counts=st.just(found), sum_ms=ms if found else st.just(0.0))
)
checks = st.builds(CheckFigures, passed=counts, failed=counts, latency_ms=st.none() | ms)
windows = st.builds(
    Window, age_s=st.just(0.0), duration_s=st.floats(0.001, 86_400), requests=counts,
    errors=st.dictionaries(st.sampled_from(list(ErrorClass)), some), rejected=counts, first_byte=histograms, whole=histograms,
    cut_streams=counts, in_flight=counts, connections=counts, bytes_in=counts, bytes_out=counts, inside=checks, outside=checks,
    cpu_ratio=ratios, rss_bytes=sizes, descriptors=sizes, threads=sizes, restarts=counts, cpu_limit_ratio=ratios, memory_limit_bytes=sizes,
    sidecar_rss_bytes=sizes, sidecar_cpu_ratio=ratios, windows_dropped=counts, log_lines_dropped=counts,
)  # fmt: skip

IDLE = Window(age_s=0.0, duration_s=5.0, rss_bytes=10, sidecar_rss_bytes=20, cpu_ratio=0.0)


@given(windows)
def test_a_window_comes_back_as_it_was(window: Window) -> None:
    assert window_of(dict(points_of(window))) == window


@given(windows)
def test_no_series_has_two_samples_of_one_window(window: Window) -> None:
    figures = [figure for figure, _ in points_of(window)]
    assert len(figures) == len(set(figures))


@given(histograms)
def test_classic_buckets_grow_to_all_that_was_counted(histogram: Histogram) -> None:
    window = Window(age_s=0.0, duration_s=5.0, whole=histogram)
    values = dict(points_of(window))
    name = "request_duration_seconds_bucket"
    classic = [
        values.get(Figure(name, (("le", le),)))
        for le in [f"{bound:g}" for bound in LE_SECONDS] + ["+Inf"]
    ]
    if not histogram.counts:
        assert classic == [None] * 15
        return
    assert classic == sorted(classic)  # type: ignore[type-var]
    assert classic[-1] == sum(histogram.counts.values())
    assert values[Figure("request_duration_seconds_count")] == classic[-1]
    for bound, value in zip(LE_SECONDS, classic, strict=False):
        # Bucket i ends at 2^(i/8) microseconds.
        below = [count for i, count in histogram.counts.items() if 2 ** (i / 8) <= bound * 1e6]
        assert value == sum(below)


def test_an_idle_window_costs_little_and_a_zero_is_written_where_its_absence_would_mislead() -> (
    None
):
    values = dict(points_of(IDLE))
    assert values[Figure("requests")] == 0
    assert values[Figure("requests_in_flight")] == 0
    assert values[Figure("service_cpu_ratio")] == 0
    assert len(values) == 7


def test_a_sidecar_cannot_make_series_without_end() -> None:
    wild = Histogram(counts={bucket * 1000: 1 for bucket in range(-200, 200)}, sum_ms=1.0)
    points = points_of(Window(age_s=0.0, duration_s=5.0, whole=wild))
    exact = {figure: n for figure, n in points if figure.name.endswith("_exact")}
    assert set(exact.values()) == {199, 1, 200}
    assert len(exact) == 3


def test_what_has_no_duration_is_no_window() -> None:
    assert window_of({Figure("requests"): 3.0}) is None
    assert window_of({Figure("requests"): 3.0}, 60.0) == Window(
        age_s=0.0, duration_s=60.0, requests=3
    )


def test_a_bucket_of_somebody_elses_making_is_ignored() -> None:
    rubbish: list[tuple[tuple[str, str], ...]] = [(("bucket", "x"),), (("bucket", "999999"),), ()]
    values = {Figure("request_duration_seconds_exact", labels): 5.0 for labels in rubbish}
    assert window_of({Figure("duration_seconds"): 5.0, **values}) == Window(
        age_s=0.0, duration_s=5.0
    )


def test_every_metric_finds_all_its_fields_in_the_engine() -> None:
    for name, metric in METRICS.items():
        held = dict(names_of(metric.reads))
        assert held, name
        full = Window(
            age_s=0.0, duration_s=5.0, requests=10, errors={ErrorClass.CUT: 3}, rejected=2, first_byte=Histogram(counts={80: 10}),
            whole=Histogram(counts={90: 10}), cut_streams=1, in_flight=2, connections=3, bytes_in=4, bytes_out=5,
            inside=CheckFigures(failed=1, latency_ms=7.0), outside=CheckFigures(failed=2, latency_ms=8.0), cpu_ratio=0.5, rss_bytes=9,
            descriptors=10, threads=11, restarts=12, cpu_limit_ratio=0.25, memory_limit_bytes=13, sidecar_rss_bytes=14,
            sidecar_cpu_ratio=0.125, windows_dropped=15, log_lines_dropped=16,
        )  # fmt: skip
        asked_for = {figure: v for figure, v in points_of(full) if figure.name in held}
        back = window_of(asked_for)
        assert back is not None
        assert metric.value([back]) == metric.value([full]), name


def test_samples_stand_at_even_milliseconds_never_after_their_moment_by_more_than_half_of_one() -> (
    None
):
    assert instant_ms(1_800_000_000.0) == 1_800_000_000_000
    assert [instant_ms(1.0 + n / 1000) for n in range(4)] == [1000, 1000, 1002, 1002]
