from __future__ import annotations

from tagent_contract.reports import CheckFigures, ErrorClass, Histogram, Window
from tagent_platform.core.windows import merge_windows

FIRST = Window(
    age_s=9.0,
    duration_s=5.0,
    requests=10,
    errors={ErrorClass.STATUS_5XX: 1},
    rejected=1,
    first_byte=Histogram(counts={3: 4, 5: 6}, sum_ms=10.0),
    whole=Histogram(counts={8: 10}, sum_ms=20.0),
    cut_streams=1,
    in_flight=7,
    connections=9,
    bytes_in=100,
    bytes_out=1000,
    inside=CheckFigures(passed=5, latency_ms=3.0),
    outside=CheckFigures(passed=4, failed=1, latency_ms=9.0),
    cpu_ratio=0.5,
    rss_bytes=111,
    descriptors=10,
    threads=3,
    restarts=1,
    cpu_limit_ratio=2.0,
    memory_limit_bytes=1024,
    sidecar_rss_bytes=222,
    sidecar_cpu_ratio=0.1,
    windows_dropped=2,
    log_lines_dropped=3,
)
SECOND = Window(
    age_s=4.0,
    duration_s=15.0,
    requests=30,
    errors={ErrorClass.STATUS_5XX: 2, ErrorClass.CUT: 1},
    rejected=2,
    first_byte=Histogram(counts={5: 20, 9: 10}, sum_ms=30.0),
    whole=Histogram(counts={8: 30}, sum_ms=60.0),
    cut_streams=2,
    in_flight=1,
    connections=2,
    bytes_in=200,
    bytes_out=2000,
    inside=CheckFigures(failed=2),
    outside=CheckFigures(passed=3, latency_ms=4.0),
    cpu_ratio=0.1,
    restarts=1,
    windows_dropped=1,
    log_lines_dropped=1,
)


def test_one_window_stays_as_it_is() -> None:
    assert merge_windows([FIRST]) is FIRST


def test_counts_add_up_histograms_merge_gauges_are_the_last_known_and_ratios_the_mean_over_time() -> (
    None
):
    assert merge_windows([FIRST, SECOND]) == Window(
        age_s=4.0,
        duration_s=20.0,
        requests=40,
        errors={ErrorClass.STATUS_5XX: 3, ErrorClass.CUT: 1},
        rejected=3,
        first_byte=Histogram(counts={3: 4, 5: 26, 9: 10}, sum_ms=40.0),
        whole=Histogram(counts={8: 40}, sum_ms=80.0),
        cut_streams=3,
        in_flight=1,
        connections=2,
        bytes_in=300,
        bytes_out=3000,
        inside=CheckFigures(passed=5, failed=2, latency_ms=3.0),
        outside=CheckFigures(passed=7, failed=1, latency_ms=9.0),
        cpu_ratio=(0.5 * 5 + 0.1 * 15) / 20,
        rss_bytes=111,
        descriptors=10,
        threads=3,
        restarts=2,
        cpu_limit_ratio=2.0,
        memory_limit_bytes=1024,
        sidecar_rss_bytes=222,
        sidecar_cpu_ratio=0.1,
        windows_dropped=3,
        log_lines_dropped=4,
    )


def test_merging_in_pieces_gives_the_same_as_merging_at_once() -> None:
    third = Window(age_s=0.0, duration_s=5.0, requests=1, cpu_ratio=0.9, rss_bytes=333)
    at_once = merge_windows([FIRST, SECOND, third])
    in_pieces = merge_windows([merge_windows([FIRST, SECOND]), third])
    assert in_pieces.cpu_ratio is not None
    assert at_once.cpu_ratio is not None
    assert abs(in_pieces.cpu_ratio - at_once.cpu_ratio) < 1e-9
    assert at_once.rss_bytes == in_pieces.rss_bytes == 333
    assert at_once.first_byte == in_pieces.first_byte
    assert at_once.errors == in_pieces.errors


def test_merging_changes_neither_window() -> None:
    counts = dict(FIRST.first_byte.counts)
    merge_windows([FIRST, SECOND])
    assert FIRST.first_byte.counts == counts
    assert FIRST.errors == {ErrorClass.STATUS_5XX: 1}


def test_what_nobody_knows_stays_unknown() -> None:
    empty = Window(age_s=0.0, duration_s=5.0)
    merged = merge_windows([empty, empty])
    assert merged == Window(age_s=0.0, duration_s=10.0)
