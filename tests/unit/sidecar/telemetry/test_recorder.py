from __future__ import annotations

import pytest

from tagent_contract.reports import ErrorClass, Window
from tagent_sidecar.telemetry.recorder import KEEP_S, Recorder


def test_a_window_holds_what_was_counted_since_the_last() -> None:
    recorder = Recorder(0.0)
    recorder.answered(0.010)
    recorder.first_byte(0.020)
    recorder.finished(1.5, ErrorClass.CUT)
    recorder.stream_cut()
    recorder.rejected += 1
    recorder.bytes_in += 10
    recorder.bytes_out += 20
    recorder.in_flight += 3
    recorder.connections += 4
    window = recorder.take_window(5.0)
    assert (window.duration_s, window.requests, window.errors) == (5.0, 2, {ErrorClass.CUT: 1})
    assert (window.rejected, window.cut_streams) == (1, 1)
    assert (window.bytes_in, window.bytes_out) == (10, 20)
    assert (window.in_flight, window.connections) == (3, 4)
    assert sum(window.first_byte.counts.values()) == sum(window.whole.counts.values()) == 2
    assert window.first_byte.sum_ms == pytest.approx(30)
    assert window.whole.sum_ms == pytest.approx(1510)
    second = recorder.take_window(6.0)
    assert (second.duration_s, second.requests, second.errors, second.bytes_in) == (1.0, 0, {}, 0)
    assert (second.first_byte.counts, second.whole.sum_ms) == ({}, 0.0)
    assert (second.in_flight, second.connections) == (3, 4)


def test_every_field_of_a_window_is_one_of_the_contract_s() -> None:
    figures = Recorder(0.0).take_window(1.0)
    assert set(figures.__slots__) <= set(Window.__struct_fields__)


def test_recent_figures_reach_back_as_far_as_asked_and_take_nothing_from_windows() -> None:
    recorder = Recorder(0.0)
    for second in range(20):
        recorder.answered(0.001 * (second + 1))
        recorder.recent(second + 1.0, 10.0)
    assert recorder.recent(20.0, 10.0).requests == 10
    assert recorder.recent(20.0, 5.0).requests == 5
    assert recorder.recent(25.0, 10.0).requests == 5
    assert recorder.take_window(25.0).requests == 20
    assert recorder.recent(25.0, 10.0).requests == 5


def test_recent_figures_include_what_was_counted_just_now() -> None:
    recorder = Recorder(0.0)
    recorder.answered(0.5)
    recorder.finished(0.5, ErrorClass.CONNECT)
    recent = recorder.recent(0.1, 10.0)
    assert (recent.requests, recent.errors, recent.error_ratio) == (2, 1, 0.5)
    assert recent.p95_ms == pytest.approx(500, rel=0.1)


def test_without_requests_there_is_no_ratio_and_no_percentile() -> None:
    recent = Recorder(0.0).recent(1.0, 10.0)
    assert (recent.requests, recent.error_ratio, recent.p95_ms) == (0, 0.0, None)


def test_a_long_stream_is_not_slowness() -> None:
    recorder = Recorder(0.0)
    recorder.first_byte(0.010)
    recorder.finished(600.0, None)
    recent = recorder.recent(1.0, 10.0)
    assert recent.p95_ms is not None
    assert recent.p95_ms < 12


def test_recent_figures_can_start_anew_while_windows_keep_all() -> None:
    recorder = Recorder(0.0)
    recorder.finished(0.1, ErrorClass.RESET)
    recorder.forget_recent(1.0)
    recorder.answered(0.1)
    assert recorder.recent(2.0, 10.0).errors == 0
    assert recorder.take_window(3.0).requests == 2


def test_memory_of_recent_figures_is_bounded() -> None:
    recorder = Recorder(0.0)
    for second in range(int(KEEP_S) * 3):
        recorder.answered(0.001)
        recorder.recent(float(second), 10.0)
    assert len(recorder._slices) <= KEEP_S + 2
