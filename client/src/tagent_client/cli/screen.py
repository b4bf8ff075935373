"""The terminal: draws sheets and lines, in colour only where there is a terminal that wants it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, Any

from tagent_client.cli.views.sheet import Cell, Sheet, fitted
from tagent_client.cli.views.words import plain

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

LOOKS = {
    "good": "green",
    "warn": "yellow",
    "bad": "bold red",
    "busy": "cyan",
    "dim": "dim",
    "strong": "bold",
    "": "",
}
WIDTH_WITHOUT_TERMINAL = 160
"""A pipe has no width; a line cut at 80 would be lost to grep."""


@cache
def console() -> Console:
    """Return the one for standard output."""
    return _console(stderr=False)


@cache
def error_console() -> Console:
    """Return the one for standard error."""
    return _console(stderr=True)


def _console(*, stderr: bool) -> Console:
    from rich.console import Console

    made = Console(stderr=stderr, highlight=False, emoji=False, markup=False)
    if not made.is_terminal:
        made.soft_wrap = True
        if "COLUMNS" not in os.environ:  # noqa: TID251 — a terminal's own variable, not one of ours
            made.width = WIDTH_WITHOUT_TERMINAL
    return made


def text(cells: Iterable[Cell | str]) -> Text:
    """Join cells to one styled text, whatever was written into them made harmless."""
    from rich.text import Text

    joined = Text()
    for cell in cells:
        shown = cell if isinstance(cell, Cell) else Cell(cell)
        joined.append(plain(shown.text), style=LOOKS[shown.look])
    return joined


def table(sheet: Sheet) -> Table:
    """Build a table without lines, so that narrow terminals and pipes have the room."""
    from rich.table import Table

    sheet = fitted(sheet, console().width)
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for heading in sheet.headings:
        made.add_column(
            heading,
            no_wrap=heading not in sheet.wide,
            overflow="fold" if heading in sheet.wide else "ellipsis",
            justify="right" if heading in sheet.right else "left",
        )
    for row in sheet.rows:
        made.add_row(*[text([cell]) for cell in row])
    return made


def show_sheet(sheet: Sheet) -> None:
    """Draw a sheet, or say that there is nothing in it."""
    if sheet.rows:
        console().print(table(sheet), soft_wrap=False)
    else:
        show_line(sheet.empty)


def show_line(*cells: Cell | str) -> None:
    """Write one line."""
    console().print(text(cells))


def show_json(value: Any) -> None:
    """Write a value of the contract as JSON, indented."""
    import msgspec

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def show_json_line(value: Any) -> None:
    """Write a value as one line of JSON, at once, for streams."""
    import msgspec

    sys.stdout.write(msgspec.json.encode(value).decode() + "\n")
    sys.stdout.flush()


def notice(*cells: Cell | str) -> None:
    """Write a line on standard error; for what runs on when nobody reads it any more."""
    # Not written by rich: when a pipe is closed, that gives up standard output and ends the process.
    with error_console().capture() as captured:
        error_console().print(text(cells))
    with suppress(OSError):
        sys.stderr.write(captured.get())
        sys.stderr.flush()


def error_line(said: str, hint: str = "") -> None:
    """Say what went wrong, and what may help, on standard error."""
    first, *rest = said.splitlines() or [""]
    error_console().print(text([Cell("Error: ", "bad"), first]))
    for line in rest:
        error_console().print(text([line]))
    if hint:
        error_console().print(text([Cell(hint, "dim")]))
