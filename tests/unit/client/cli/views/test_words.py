"""Numbers, times and foreign text in words."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from tagent_client.cli.views import words


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.01, "0 s"),
        (0.4, "0.4 s"),
        (9.96, "10 s"),
        (59.6, "1 min"),
        (185, "3 min 5 s"),
        (3600, "1 h"),
        (7800, "2 h 10 min"),
        (4 * 86_400 + 3700, "4 d 1 h"),
    ],
)
def test_durations_have_at_most_two_units(seconds: float, expected: str) -> None:
    assert words.duration(seconds) == expected


def test_an_age_is_never_negative_when_clocks_differ() -> None:
    assert words.age("1970-01-01T00:01:40.000Z", 90.0) == "0 s"
    assert words.age("1970-01-01T00:01:40.000Z", 112.0) == "12 s"


def test_times_are_shown_in_the_person_s_zone() -> None:
    zone = timezone(timedelta(hours=2))
    assert words.time_of_day("2026-01-31T09:30:00.125Z", zone) == "11:30:00"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        (0.04, "0.0 ms"),
        (3.21, "3.2 ms"),
        (250, "250 ms"),
        (999.6, "1 s"),
        (2512, "2.5 s"),
        (120_000, "120 s"),
    ],
)
def test_milliseconds_become_seconds_when_they_are_many(value: float | None, expected: str) -> None:
    assert words.milliseconds(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        (0.0, "0 %"),
        (0.0004, "<0.1 %"),
        (0.051, "5.1 %"),
        (0.5, "50 %"),
        (1.0, "100 %"),
    ],
)
def test_a_small_share_is_never_shown_as_none(value: float | None, expected: str) -> None:
    assert words.ratio(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        (512, "512 B"),
        (1024, "1.0 KiB"),
        (25_480_396, "24 MiB"),
        (3 * 2**40, "3072 GiB"),
    ],
)
def test_sizes_are_in_binary_units(value: int | None, expected: str) -> None:
    assert words.size(value) == expected


def test_rates_show_what_tells_something() -> None:
    assert [words.rate(value) for value in (0, 1.31, 41.7)] == ["0", "1.3", "42"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain äöü 漢字", "plain äöü 漢字"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("a\tb", "a    b"),
        ("line\nnext", "line\\x0anext"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("\u2028", "\\u2028"),
        ("\U000e0041", "\\U000e0041"),
        ("\x9b31m", "\\x9b31m"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_a_terminal_might_obey_is_written_out(text: str, expected: str) -> None:
    assert words.plain(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no platform answers", "No platform answers."),
        ("why?", "Why?"),
        ("http://x is away", "http://x is away."),
        ("chat-service is away", "chat-service is away."),
        ("`latency` comes second", "`latency` comes second."),
        ("", ""),
        ("one\n  two \x1b", "One\n  two \\x1b."),
    ],
)
def test_a_sentence_has_a_capital_and_a_stop(text: str, expected: str) -> None:
    assert words.sentence(text) == expected


def test_things_are_counted_in_the_plural_they_need() -> None:
    assert [words.count(number, "fault") for number in (0, 1, 2)] == [
        "0 faults",
        "1 fault",
        "2 faults",
    ]
