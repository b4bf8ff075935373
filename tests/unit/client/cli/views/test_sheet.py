"""Sheets on narrow terminals."""

from __future__ import annotations

import pytest

from tagent_client.cli.views.sheet import Cell, Sheet, fitted

SHEET = Sheet(
    ("ID", "NAME", "STATE", "WHY"),
    [("i1", Cell("chat-service"), "OPEN", "w" * 80), ("i2", "b", "RESOLVED", "")],
    wide=frozenset({"WHY"}),
    optional=("WHY", "STATE"),
)


@pytest.mark.parametrize(
    ("width", "headings"),
    [
        (200, ["ID", "NAME", "STATE", "WHY"]),
        (52, ["ID", "NAME", "STATE", "WHY"]),
        (51, ["ID", "NAME", "STATE"]),
        (26, ["ID", "NAME", "STATE"]),
        (25, ["ID", "NAME"]),
        (1, ["ID", "NAME"]),
    ],
)
def test_what_a_terminal_has_no_room_for_goes_in_order(width: int, headings: list[str]) -> None:
    sheet = fitted(SHEET, width)
    assert list(sheet.headings) == headings
    assert [len(row) for row in sheet.rows] == [len(headings)] * 2


def test_an_empty_sheet_keeps_its_headings_when_they_fit() -> None:
    assert list(fitted(Sheet(("A", "B"), optional=("B",)), 80).headings) == ["A", "B"]
