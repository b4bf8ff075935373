"""Lists, a page at a time: `{"items": [...], "next": cursor or null}`."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from tagent_platform.usecases.errors import InvalidError

T = TypeVar("T")

PAGE_LIMIT_DEFAULT = 100
PAGE_LIMIT_MAX = 1000


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some of a list; `next` is what to ask for the rest with, None at its end."""

    items: tuple[T, ...]
    next: str | None = None


def cut_page(
    items: Iterable[T], position: Callable[[T], str], cursor: str | None, limit: int
) -> Page[T]:
    """Return the items after the cursor, in the order of their positions.

    Items that come or go between two pages shift nothing: a cursor names a position, not a count. Raises InvalidError.
    """
    limit = bounded_limit(limit)
    after = None if cursor is None else _position_in(cursor)
    rest = sorted((item for item in items if after is None or position(item) > after), key=position)
    page = tuple(rest[:limit])
    return Page(page, _cursor_at(position(page[-1])) if len(rest) > limit else None)


def bounded_limit(limit: int) -> int:
    """Return the limit if it makes sense. Raises InvalidError."""
    if not 1 <= limit <= PAGE_LIMIT_MAX:
        raise InvalidError("limit", f"is to be from 1 to {PAGE_LIMIT_MAX}")
    return limit


def newest_first(seconds: float, key: str) -> str:
    """Return a position that orders by time, the newest first, then by key."""
    return f"{10**13 - round(seconds * 1000):014d} {key}"


def _cursor_at(position: str) -> str:
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def _position_in(cursor: str) -> str:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        return base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError) as error:
        raise InvalidError("cursor", "is not one that a page was answered with") from error
