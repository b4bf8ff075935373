from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tagent_contract.reports import LOG_LINE_LENGTH_MAX
from tagent_sidecar.telemetry.log_lines import PRIVATE_KEY_LINES_MAX, LogLines, guess_level
from tagent_sidecar.telemetry.redaction import REDACTED


def sent(lines: LogLines, now: float = 100.0) -> list[str]:
    return [line.text for line in lines.to_send(lines.take(1000, 10**9), now)]


def test_lines_come_out_in_order_with_their_age_and_stream() -> None:
    lines = LogLines()
    lines.add("stdout", "one", 10.0)
    lines.add("stderr", "two", 12.0)
    first, second = lines.to_send(lines.take(10, 1000), 15.0)
    assert (first.text, first.stream, first.age_s) == ("one", "stdout", 5.0)
    assert (second.text, second.stream, second.age_s) == ("two", "stderr", 3.0)
    assert len(lines) == 0


def test_the_newest_lines_are_kept_and_the_others_counted() -> None:
    lines = LogLines(lines_max=3)
    for number in range(10):
        lines.add("stdout", str(number), 1.0)
    assert lines.take_dropped() == 7
    assert lines.take_dropped() == 0
    assert sent(lines) == ["7", "8", "9"]


def test_the_size_is_bounded_too() -> None:
    lines = LogLines(length_max=1000)
    for _ in range(100):
        lines.add("stdout", "x" * 300, 1.0)
    assert len(lines) == 3
    assert lines.take_dropped() == 97


def test_a_line_of_a_megabyte_is_cut() -> None:
    lines = LogLines()
    lines.add("stdout", "x" * 2**20, 1.0)
    assert [len(text) for text in sent(lines)] == [LOG_LINE_LENGTH_MAX]


def test_a_secret_at_the_cut_is_redacted() -> None:
    lines = LogLines()
    lines.add("stdout", "x" * (LOG_LINE_LENGTH_MAX - 20) + " password=" + "q9" * 100, 1.0)
    assert "q9" not in sent(lines)[0]


def test_taking_is_bounded_by_number_and_by_size() -> None:
    lines = LogLines()
    for _ in range(10):
        lines.add("stdout", "x" * 100, 1.0)
    assert len(lines.take(3, 10_000)) == 3
    assert len(lines.take(100, 250)) == 2
    assert len(lines) == 5


def test_what_was_put_back_comes_first_again() -> None:
    lines = LogLines()
    for number in range(4):
        lines.add("stdout", str(number), 1.0)
    taken = lines.take(2, 100)
    lines.add("stdout", "4", 2.0)
    lines.put_back(taken)
    assert sent(lines) == ["0", "1", "2", "3", "4"]


def test_what_was_put_back_makes_no_newer_line_go() -> None:
    lines = LogLines(lines_max=3)
    for number in range(3):
        lines.add("stdout", str(number), 1.0)
    taken = lines.take(2, 100)
    lines.add("stdout", "3", 2.0)
    lines.put_back(taken)
    assert lines.take_dropped() == 1
    assert sent(lines) == ["1", "2", "3"]


def test_empty_lines_are_not_kept() -> None:
    lines = LogLines()
    for text in ("", "   ", "\r\n"):
        lines.add("stdout", text, 1.0)
    assert len(lines) == 0


@pytest.mark.parametrize(
    ("raw", "harmless"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("a\x00b\x07c", "a\ufffdb\ufffdc"),
        ("tab\tstays", "tab\tstays"),
        ("over\rwritten", "over\ufffdwritten"),
        ("\u202egnp.exe", "\ufffdgnp.exe"),
        ("\x9b31m", "\ufffd31m"),
        ("naïve ☃", "naïve ☃"),
    ],
)
def test_control_characters_do_no_harm(raw: str, harmless: str) -> None:
    lines = LogLines()
    lines.add("stdout", raw, 1.0)
    assert sent(lines) == [harmless]


def test_a_private_key_of_many_lines_is_hidden() -> None:
    lines = LogLines()
    for text in (
        "key: -----BEGIN PRIVATE KEY-----",
        "MIIEvQIBADANBgkqhkiG9w0BAQ",
        "-----END PRIVATE KEY-----",
        "after",
    ):
        lines.add("stderr", text, 1.0)
    assert sent(lines) == [f"key: {REDACTED}", "after"]


def test_a_private_key_hides_its_own_stream_alone_and_not_for_ever() -> None:
    lines = LogLines()
    lines.add("stderr", "-----BEGIN PRIVATE KEY-----", 1.0)
    lines.add("stdout", "other stream", 1.0)
    for _ in range(PRIVATE_KEY_LINES_MAX):
        lines.add("stderr", "hidden", 1.0)
    lines.add("stderr", "seen", 1.0)
    assert sent(lines) == [REDACTED, "other stream", "seen"]


@given(st.text(max_size=200))
def test_no_line_leaves_with_a_control_character(raw: str) -> None:
    lines = LogLines()
    lines.add("stdout", raw, 1.0)
    for text in sent(lines):
        assert not any(ord(char) < 32 and char != "\t" for char in text)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("2026-01-01 12:00:00 ERROR boom", "error"),
        ("[WARN] low", "warning"),
        ("level=debug msg=x", "debug"),
        ('{"severity":"CRITICAL","message":"x"}', "critical"),
        ('{"level": "info", "text": "ERROR in the text"}', "info"),
        ("E0102 12:13:14.5 7 x.go:1] x", "error"),
        ("I0102 12:13:14.5 7 x.go:1] ok", "info"),
        ("Traceback (most recent call last):", "error"),
        ("ValueError: no", "error"),
        ("django.db.utils.OperationalError: gone", "error"),
        ("panic: runtime error", "error"),
        ("FATAL no disk", "critical"),
        ("GET /error 200", "info"),
        ("saved /var/log/ERROR.txt", "info"),
        ("hello", "info"),
        ("level=purple", "info"),
    ],
)
def test_the_level_is_guessed(text: str, level: str) -> None:
    assert guess_level(text) == level
