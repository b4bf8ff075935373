"""Which lines of a sidecar's log are told at the terminal."""

from __future__ import annotations

import pytest

from tagent_client.cli.launch.sidecar_log import readable, warning_in


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b'{"level": "warning", "text": "the service is down"}', "the service is down"),
        (b'{"level": "error", "text": "bad"}', "bad"),
        (b'{"level": "info", "text": "started"}', None),
        (b'{"level": "error", "text": 7}', None),
        (b"not json", None),
        (b"[]", None),
        (b"", None),
        (b"\xff\xfe", None),
        (b"[" * 100_000, None),
    ],
)
def test_only_warnings_and_worse_are_told(line: bytes, expected: str | None) -> None:
    assert warning_in(line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"level": "info", "text": "started"}', "info: started"),
        ('{"level": "error", "message": "of the platform"}', "error: of the platform"),
        ("Traceback of the service", "Traceback of the service"),
        ("7", "7"),
    ],
)
def test_a_log_is_read_out_without_its_wrapping(line: str, expected: str) -> None:
    assert readable(line) == expected
