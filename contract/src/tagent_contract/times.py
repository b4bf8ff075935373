"""Wire times: RFC 3339, UTC, milliseconds. Pure: nobody here asks what time it is."""

from __future__ import annotations

from datetime import UTC, datetime


def format_time(seconds: float) -> str:
    """Format seconds since the epoch as `2026-01-31T09:30:00.125Z`."""
    whole = datetime.fromtimestamp(round(seconds * 1000) / 1000, UTC)
    return whole.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def parse_time(text: str) -> float:
    """Return seconds since the epoch. Raises ValueError when it is not RFC 3339 with an offset."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        raise ValueError(f"{text!r} has no UTC offset; write it as 2026-01-31T09:30:00.125Z")
    return parsed.timestamp()
