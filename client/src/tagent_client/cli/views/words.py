"""Numbers, times and foreign text as words for people."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime, tzinfo

from tagent_contract.times import parse_time

NOTHING = "-"
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
"""Categories whose characters a terminal acts on or does not show: controls, direction marks, surrogates ..."""


def plain(text: str) -> str:
    """Return foreign text with every character that a terminal might obey written out."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        char if unicodedata.category(char) not in _HIDDEN else _written_out(char) for char in text
    )


def _written_out(char: str) -> str:
    if char == "\t":
        return "    "
    code = ord(char)
    return (
        f"\\x{code:02x}"
        if code < 0x100
        else f"\\u{code:04x}"
        if code < 0x10000
        else f"\\U{code:08x}"
    )


def sentence(text: str) -> str:
    """Return its first line beginning with a capital, its last ending with a stop, and every line harmless."""
    text = "\n".join(plain(line) for line in text.strip().splitlines())
    if not text:
        return text
    # A word with anything but letters in it is a name, and names are written as they are.
    begun = text[0].upper() + text[1:] if text.split()[0].rstrip(",:;?.").isalpha() else text
    return begun if begun.endswith((".", "!", "?", ")")) else f"{begun}."


def duration(seconds: float) -> str:
    """Return a span in at most two units: `0.4 s`, `12 s`, `3 min 5 s`, `2 h 10 min`, `4 d 1 h`."""
    if seconds < 0.05:
        return "0 s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    for size, unit, below, below_unit in (
        (86_400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        if whole >= size:
            rest = whole % size // below
            return f"{whole // size} {unit}" + (f" {rest} {below_unit}" if rest else "")
    raise AssertionError("every span over a minute has a unit")


def age(at: str, now: float) -> str:
    """Return how long ago that was; clocks that differ do not make it negative."""
    return duration(max(0.0, now - parse_time(at)))


def left(until: str, now: float) -> str:
    """Return how long it is until then."""
    return duration(max(0.0, parse_time(until) - now))


def time_of_day(at: str, zone: tzinfo | None = None) -> str:
    """Return `HH:MM:SS` in the person's own zone."""
    return datetime.fromtimestamp(parse_time(at), UTC).astimezone(zone).strftime("%H:%M:%S")


def milliseconds(value: float | None) -> str:
    """Return `3.2 ms`, `250 ms` or `2.5 s`."""
    if value is None:
        return NOTHING
    if value >= 999.5:
        return f"{value / 1000:.2g} s" if value < 99_500 else f"{value / 1000:.0f} s"
    return f"{value:.0f} ms" if value >= 9.95 else f"{value:.1f} ms"


def ratio(value: float | None) -> str:
    """Return a share as percent; a small one is never shown as none."""
    if value is None:
        return NOTHING
    percent = value * 100
    if 0 < percent < 0.1:
        return "<0.1 %"
    return f"{percent:.0f} %" if percent in (0, 100) or percent >= 9.95 else f"{percent:.1f} %"


def rate(value: float) -> str:
    """Return a rate with as many digits as tell something."""
    return f"{value:.0f}" if value >= 9.95 or value == 0 else f"{value:.1f}"


def size(value: int | None) -> str:
    """Return bytes as `512 B`, `24 MiB`, `1.5 GiB`."""
    if value is None:
        return NOTHING
    amount = float(value)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1023.5 or unit == "GiB":
            return (
                f"{amount:.0f} {unit}" if amount >= 9.95 or unit == "B" else f"{amount:.1f} {unit}"
            )
        amount /= 1024
    raise AssertionError("the last unit takes everything")


def count(number: int, thing: str) -> str:
    """Return `1 instance`, `2 instances`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
