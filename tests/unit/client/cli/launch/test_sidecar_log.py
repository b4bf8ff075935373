"""Which lines of a sidecar's log are told at the terminal."""

from __future__ import annotations

import pytest

from tagent_client.cli.launch.sidecar_log import warning_in


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
