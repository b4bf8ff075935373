from __future__ import annotations

from tagent_sidecar.health.idle_window import IdleWindow


def test_an_empty_window_knows_nothing() -> None:
    window = IdleWindow()
    assert (window.checks, window.failures, window.p95_ms) == (0, 0, None)


def test_failures_count_as_checks_but_have_no_latency() -> None:
    window = IdleWindow()
    window.add(1.0, 0.010)
    window.add(2.0, None)
    assert (window.checks, window.failures, window.p95_ms) == (2, 1, 10.0)
    failing = IdleWindow()
    failing.add(1.0, None)
    assert failing.p95_ms is None


def test_p95_of_ten_is_the_slowest_and_of_forty_is_not() -> None:
    ten, forty = IdleWindow(), IdleWindow()
    for number in range(10):
        ten.add(0.0, (number + 1) / 1000)
    for number in range(40):
        forty.add(0.0, (number + 1) / 1000)
    assert ten.p95_ms == 10.0
    assert forty.p95_ms == 38.0


def test_what_is_older_than_the_window_is_dropped() -> None:
    window = IdleWindow()
    for at in range(5):
        window.add(float(at), 0.001)
    window.prune(12.0, 10.0)
    assert window.checks == 3
    window.forget()
    assert window.checks == 0
