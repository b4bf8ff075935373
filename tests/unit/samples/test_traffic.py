"""The plan of the gentle traffic."""

from __future__ import annotations

from tagent_samples.traffic import call_number, plan_traffic


def test_the_rate_is_shared_by_the_services_that_are_there() -> None:
    plans = plan_traffic({"chat": "http://a/", "summary": "", "demo": "http://c"}, 4.0)
    assert [(plan.service, plan.url, plan.interval_s) for plan in plans] == [
        ("chat", "http://a", 0.5),
        ("demo", "http://c", 0.5),
    ]


def test_chat_is_asked_to_stream_every_fourth_time() -> None:
    streams = [(call_number("chat", number).body or {})["stream"] for number in range(8)]
    assert streams == [False, False, False, True] * 2


def test_what_demo_service_is_asked_leaves_nothing_behind() -> None:
    assert {call_number("demo", number).method for number in range(20)} == {"GET"}
