from __future__ import annotations

import pytest

from tagent_contract.reports import CheckFigures, ErrorClass, Histogram, Window
from tagent_platform.core.metrics import METRICS, Steps, metric_named, values_by_step

A = Window(
    age_s=0.0,
    duration_s=5.0,
    requests=50,
    errors={ErrorClass.STATUS_5XX: 5, ErrorClass.CUT: 5},
    rejected=10,
    first_byte=Histogram(counts={0: 50}, sum_ms=1.0),
    whole=Histogram(counts={80: 50}, sum_ms=1.0),
    cut_streams=5,
    in_flight=3,
    connections=4,
    bytes_in=500,
    bytes_out=5000,
    inside=CheckFigures(passed=4, failed=1, latency_ms=2.0),
    outside=CheckFigures(passed=3, failed=2, latency_ms=7.0),
    cpu_ratio=0.25,
    rss_bytes=100,
    descriptors=10,
    threads=2,
    restarts=1,
    cpu_limit_ratio=1.0,
    memory_limit_bytes=1000,
    sidecar_rss_bytes=20,
    sidecar_cpu_ratio=0.01,
    windows_dropped=1,
    log_lines_dropped=2,
)
B = Window(
    age_s=0.0,
    duration_s=10.0,
    requests=50,
    first_byte=Histogram(counts={0: 50}, sum_ms=1.0),
    whole=Histogram(counts={160: 50}, sum_ms=1.0),
    in_flight=1,
    inside=CheckFigures(passed=1, latency_ms=4.0),
)
STEPS = Steps(1000.0, 1030.0, 10.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("requests_per_s", 15.0),
        ("error_ratio", 0.1),
        ("errors_per_s", 2.0),
        ("rejected_per_s", 2.0),
        ("first_byte_p50_ms", 0.001),
        ("first_byte_p95_ms", 0.001),
        ("first_byte_p99_ms", 0.001),
        ("whole_p50_ms", 1.024),
        ("whole_p95_ms", 1048.0),
        ("whole_p99_ms", 1048.0),
        ("cut_streams", 5),
        ("in_flight", 4),
        ("connections", 4),
        ("bytes_in_per_s", 100.0),
        ("bytes_out_per_s", 1000.0),
        ("inside_check_latency_ms", 4.0),
        ("outside_check_latency_ms", 7.0),
        ("inside_checks_failed", 1),
        ("outside_checks_failed", 2),
        ("cpu_ratio", 0.25),
        ("cpu_limit_ratio", 1.0),
        ("rss_bytes", 100),
        ("memory_limit_bytes", 1000),
        ("descriptors", 10),
        ("threads", 2),
        ("restarts", 1),
        ("sidecar_rss_bytes", 20),
        ("sidecar_cpu_ratio", 0.01),
        ("windows_dropped", 1),
        ("log_lines_dropped", 2),
    ],
)
def test_each_metric_of_two_instances(name: str, value: float) -> None:
    assert metric_named(name).value([A, B]) == pytest.approx(value, rel=0.1)


def test_every_metric_is_tested_here_and_says_nothing_of_nobody() -> None:
    tested = next(
        mark.args[1]
        for mark in test_each_metric_of_two_instances.pytestmark  # type: ignore[attr-defined]
    )
    assert {name for name, _ in tested} == set(METRICS)
    idle = Window(age_s=0.0, duration_s=5.0)
    assert metric_named("error_ratio").value([idle]) is None
    assert metric_named("whole_p95_ms").value([idle]) is None
    assert metric_named("cpu_ratio").value([idle]) is None
    assert metric_named("outside_check_latency_ms").value([idle]) is None
    assert metric_named("requests_per_s").value([idle]) == 0


def test_an_unknown_metric_names_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"no metric 'speed'.*requests_per_s"):
        metric_named("speed")


def test_a_step_holds_its_end_and_not_its_start() -> None:
    assert STEPS.count == 3
    assert [STEPS.holding(at) for at in (1000.0, 1000.1, 1010.0, 1010.1, 1030.0)] == [
        -1,
        0,
        0,
        1,
        2,
    ]
    assert [STEPS.end_of(i) for i in range(3)] == [1010.0, 1020.0, 1030.0]


def test_the_last_step_reaches_beyond_the_end_when_steps_do_not_fit() -> None:
    assert Steps(0.0, 25.0, 10.0).count == 3
    assert Steps(0.0, 1.0, 0.1).count == 10
    assert Steps(10.0, 10.0, 1.0).count == 0


@pytest.mark.parametrize(
    ("at", "duration_s", "covered"),
    [
        (1010.0, 10.0, [0]),  # exactly a step
        (1015.0, 10.0, [0, 1]),  # half of two
        (1010.5, 10.0, [0]),  # only a sliver of the next
        (1019.5, 10.0, [1]),  # only a sliver of the one before
        (1030.0, 30.0, [0, 1, 2]),  # longer than a step
        (1003.0, 1.0, [0]),  # inside a step
        (1010.2, 1.0, [0, 1]),
        (1000.0, 10.0, []),  # before
        (1045.0, 10.0, []),  # after
        (1035.0, 10.0, [2]),
    ],
)
def test_a_window_says_something_of_the_steps_that_it_covers(
    at: float, duration_s: float, covered: list[int]
) -> None:
    assert list(STEPS.covered_by(at, duration_s)) == covered


def test_steps_shorter_than_a_window_have_no_holes() -> None:
    steps = Steps(1000.0, 1010.0, 1.0)
    (values,) = values_by_step(
        [metric_named("requests_per_s")], [[(1005.0, A), (1010.0, A)]], steps
    )
    assert values == [(1001.0 + i, 10.0) for i in range(10)]


def test_counts_are_counted_once_and_are_0_where_something_is_known() -> None:
    steps = Steps(1000.0, 1010.0, 1.0)
    (values,) = values_by_step([metric_named("restarts")], [[(1005.0, A)]], steps)
    assert [value for _, value in values] == [0, 0, 0, 0, 1, None, None, None, None, None]


def test_instances_add_up_in_the_steps_that_each_covers() -> None:
    instances = [[(1005.0, A), (1010.0, A)], [(1010.0, B), (1020.0, B)]]
    (rates,) = values_by_step([metric_named("requests_per_s")], instances, STEPS)
    assert rates == [(1010.0, 15.0), (1020.0, 5.0), (1030.0, None)]


def test_windows_of_one_instance_in_one_step_are_merged_before_instances_add_up() -> None:
    (rates,) = values_by_step(
        [metric_named("cpu_ratio")], [[(1005.0, A), (1010.0, A)], [(1010.0, A)]], STEPS
    )
    assert rates[0] == (1010.0, 0.5)


def test_several_metrics_are_what_each_is_alone() -> None:
    instances = [[(1005.0, A), (1010.0, A)], [(1010.0, B), (1020.0, B)]]
    metrics = list(METRICS.values())
    alone = [values_by_step([metric], instances, STEPS)[0] for metric in metrics]
    assert values_by_step(metrics, instances, STEPS) == alone


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_needs_no_more_of_a_window_than_it_says(name: str) -> None:
    metric = METRICS[name]
    kept = {field: getattr(A, field) for field in metric.reads}
    bare = Window(**{"age_s": 0.0, "duration_s": A.duration_s, **kept})
    assert metric.value([bare]) == metric.value([A])
    assert metric.reads <= set(Window.__struct_fields__)
