"""Times and amounts as people read them. All times are UTC; `now` is seconds since the epoch."""

from __future__ import annotations

from datetime import UTC, datetime

from tagent_contract.times import parse_time

UNKNOWN = "\N{EN DASH}"
"""Stands for a figure that is not known, which is not 0."""


def seconds(at: str) -> float:
    """Return a wire time as seconds since the epoch."""
    return parse_time(at)


def clock(at: str | float) -> str:
    """Return the time of day, `12:03:04`."""
    return _moment(at).strftime("%H:%M:%S")


def moment(at: str | float) -> str:
    """Return day and time, `2026-01-31 12:03:04 UTC`."""
    return _moment(at).strftime("%Y-%m-%d %H:%M:%S UTC")


def when(at: str, now: float) -> str:
    """Return the time of day, with its day before it when that is not today."""
    is_today = _moment(at).date() == _moment(now).date()
    return clock(at) if is_today else _moment(at).strftime("%Y-%m-%d %H:%M:%S")


def ago(at: str | float, now: float) -> str:
    """Return `3 s ago`, or `in 3 s`."""
    age_s = now - (seconds(at) if isinstance(at, str) else at)
    if age_s < -0.5:
        return f"in {duration(-age_s)}"
    return "now" if age_s < 1 else f"{duration(age_s)} ago"


def duration(length_s: float) -> str:
    """Return a length of time with the one or two units that matter: `43 ms`, `3.2 s`, `2 min 5 s`, `3 h 10 min`."""
    length_s = max(0.0, length_s)
    if length_s < 0.9995:
        return f"{length_s * 1000:.0f} ms"
    if length_s < 9.95:
        return f"{length_s:.1f} s".replace(".0 s", " s")
    whole = round(length_s)
    for unit, size, smaller, smaller_size in (
        ("d", 86_400, "h", 3600),
        ("h", 3600, "min", 60),
        ("min", 60, "s", 1),
    ):
        if whole >= size:
            rest = whole % size // smaller_size
            return f"{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"


def count_down(until: str, now: float) -> str:
    """Return what is left until then, `1:05`; `0:00` once it is over."""
    left = max(0, round(seconds(until) - now))
    return f"{left // 60}:{left % 60:02d}"


def size(amount_bytes: float) -> str:
    """Return `31.8 MB`."""
    for unit in ("B", "kB", "MB"):
        if amount_bytes < 999.5:
            return f"{amount_bytes:.0f} {unit}" if unit == "B" else f"{amount_bytes:.1f} {unit}"
        amount_bytes /= 1000
    return f"{amount_bytes:.1f} GB"


def ratio(share: float | None) -> str:
    """Return `4.2 %`, or a dash for what is not known."""
    return UNKNOWN if share is None else f"{share * 100:.1f} %"


def milliseconds(value: float | None) -> str:
    """Return `103 ms`, or a dash."""
    return UNKNOWN if value is None else f"{value:.0f} ms" if value >= 9.5 else f"{value:.1f} ms"


def _moment(at: str | float) -> datetime:
    return datetime.fromtimestamp(seconds(at) if isinstance(at, str) else at, UTC)
