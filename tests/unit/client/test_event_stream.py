"""Parsing server-sent events."""

from __future__ import annotations

import pytest

from tagent_client.errors import StreamBrokenError
from tagent_client.event_stream import parse_events

EVENT = (
    '{"cursor": "c%d", "sequence": %d, "service": "a", "at": "2026-01-31T09:30:00.125Z", '
    '"type": "fault.armed", "text": "x"}'
)


def test_events_end_at_an_empty_line_and_comments_are_left_out() -> None:
    lines = [
        ": beat",
        "id: c1",
        f"data: {EVENT % (1, 1)}",
        "",
        ": beat",
        "",
        f"data:{EVENT % (2, 2)}",
        "",
    ]
    assert [event.cursor for event in parse_events(lines)] == ["c1", "c2"]


def test_data_may_be_split_over_lines() -> None:
    head, tail = (EVENT % (1, 1)).split(", ", 1)
    assert [event.cursor for event in parse_events([f"data: {head},", f"data: {tail}", ""])] == [
        "c1"
    ]


def test_an_unfinished_event_is_no_event() -> None:
    assert list(parse_events([f"data: {EVENT % (1, 1)}"])) == []


def test_what_is_no_event_is_said_rather_than_skipped() -> None:
    with pytest.raises(StreamBrokenError, match="both versions"):
        list(parse_events(['data: {"cursor": 7}', ""]))
