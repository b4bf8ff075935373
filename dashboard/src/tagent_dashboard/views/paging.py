"""A long list, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class PageOf(Generic[T_co]):
    """One page of a list. `number` counts from 1; `first` and `last` are positions in the whole list, from 1."""

    items: tuple[T_co, ...]
    number: int
    pages: int
    first: int
    last: int
    total: int

    @property
    def text(self) -> str:
        """Say which part of the list this is."""
        return f"{self.first} to {self.last} of {self.total}"


def page_of(items: Sequence[T], number: int, size: int) -> PageOf[T]:
    """Return a page; the nearest there is when the list has become shorter meanwhile."""
    pages = max(1, -(-len(items) // size))
    number = min(max(1, number), pages)
    start = (number - 1) * size
    shown = tuple(items[start : start + size])
    return PageOf(shown, number, pages, start + 1 if shown else 0, start + len(shown), len(items))
