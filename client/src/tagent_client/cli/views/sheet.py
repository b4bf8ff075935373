"""A sheet: headings and rows of cells, which a screen can draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace


@dataclass(frozen=True, slots=True)
class Cell:
    """Text and how to show it: `good`, `warn`, `bad`, `busy`, `dim`, `strong`, or nothing special."""

    text: str
    look: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """`wide` names the columns whose text may be broken over lines; the others are kept whole.

    `optional` names those that a narrow terminal can do without, the first to go first.
    """

    headings: Sequence[str]
    rows: list[Sequence[Cell | str]] = field(default_factory=list)
    empty: str = "Nothing."
    wide: frozenset[str] = frozenset()
    right: frozenset[str] = frozenset()
    optional: tuple[str, ...] = ()


WIDE_MIN = 24
"""A broken text needs so much room to be read at all."""
GAP = 2


def fitted(sheet: Sheet, width: int) -> Sheet:
    """Return the sheet without those optional columns for which that width has no room."""
    kept = list(range(len(sheet.headings)))
    for heading in sheet.optional:
        if sum(_room(sheet, column) for column in kept) + GAP * (len(kept) - 1) <= width:
            break
        kept.remove(sheet.headings.index(heading))
    return replace(
        sheet,
        headings=[sheet.headings[column] for column in kept],
        rows=[[row[column] for column in kept] for row in sheet.rows],
    )


def _room(sheet: Sheet, column: int) -> int:
    heading = sheet.headings[column]
    longest = max(len(text_of(row[column])) for row in sheet.rows) if sheet.rows else 0
    room = max(len(heading), longest)
    return min(room, WIDE_MIN) if heading in sheet.wide else room


def text_of(cell: Cell | str) -> str:
    """Return what a cell says."""
    return cell.text if isinstance(cell, Cell) else cell
