"""A sheet: headings and rows of cells, which a screen can draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Cell:
    """Text and how to show it: `good`, `warn`, `bad`, `busy`, `dim`, `strong`, or nothing special."""

    text: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """`wide` names the columns whose text may be broken over lines; the others are kept whole."""

    headings: Sequence[str]
    rows: list[Sequence[Cell | str]] = field(default_factory=list)
    empty: str = "Nothing."
    wide: frozenset[str] = frozenset()
    right: frozenset[str] = frozenset()


def text_of(cell: Cell | str) -> str:
    """Return what a cell says."""
    return cell.text if isinstance(cell, Cell) else cell
