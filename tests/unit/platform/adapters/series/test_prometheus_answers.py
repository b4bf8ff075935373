from __future__ import annotations

import json

import pytest

from tagent_contract.reports import Window
from tagent_platform.adapters.series.prometheus_answers import NoAnswerError, windows_in

CHAT = {"service": "chat", "instance": "chat-1", "job": "tagent"}


def matrix(*series: tuple[dict[str, str], list[tuple[float, str]]]) -> bytes:
    result = [{"metric": metric, "values": values} for metric, values in series]
    return json.dumps(
        {"status": "success", "data": {"resultType": "matrix", "result": result}, "warnings": ["x"]}
    ).encode()


def test_windows_are_put_together_by_instance_and_moment() -> None:
    body = matrix(
        ({"__name__": "tagent_window_duration_seconds", **CHAT}, [(100.0, "5"), (105.002, "5")]),
        ({"__name__": "tagent_window_requests", **CHAT}, [(105.002, "7")]),
        ({"__name__": "tagent_window_requests", **CHAT, "instance": "lost"}, [(100.0, "7")]),
    )
    assert windows_in(body) == {
        ("chat", "chat-1"): {
            100_000: Window(age_s=0.0, duration_s=5.0),
            105_002: Window(age_s=0.0, duration_s=5.0, requests=7),
        },
        ("chat", "lost"): {},
    }


def test_what_an_engine_added_up_over_instances_has_the_spans_length() -> None:
    body = matrix(
        ({"figure": "request_duration_seconds_exact", "bucket": "80"}, [(60.001, "12")]),
    )
    ((window,),) = [list(windows.values()) for windows in windows_in(body, 60.0).values()]
    assert (window.duration_s, window.whole.counts) == (60.0, {80: 12})


def test_numbers_that_no_window_has_are_left_out() -> None:
    body = matrix(
        ({"__name__": "tagent_window_duration_seconds", **CHAT}, [(100.0, "5")]),
        ({"__name__": "tagent_window_requests", **CHAT}, [(100.0, "NaN")]),
        ({"__name__": "tagent_window_connections", **CHAT}, [(100.0, "+Inf")]),
        ({"__name__": "tagent_window_threads", **CHAT}, [(100.0, "-1")]),
    )
    assert windows_in(body)["chat", "chat-1"] == {100_000: Window(age_s=0.0, duration_s=5.0)}


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<html>", b"[]", b"null", b'{"status": "error", "error": "no such thing"}', b'{"status": "success"}',
        b'{"status": "success", "data": {"resultType": "vector", "result": []}}',
        b'{"status": "success", "data": {"resultType": "matrix", "result": [{"values": [[1, 2, 3]]}]}}',
        matrix((CHAT, [(1.0, "many")])),
        b"\xff\xfe", b'{"status": 1}',
    ],
)  # fmt: skip
def test_anything_else_is_no_answer(body: bytes) -> None:
    with pytest.raises(NoAnswerError):
        windows_in(body)
