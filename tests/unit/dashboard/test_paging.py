from __future__ import annotations

import pytest

from tagent_dashboard.views.paging import page_of


@pytest.mark.parametrize(
    ("number", "shown", "text"),
    [
        (1, (0, 1, 2), "1 to 3 of 7"),
        (2, (3, 4, 5), "4 to 6 of 7"),
        (3, (6,), "7 to 7 of 7"),
        (9, (6,), "7 to 7 of 7"),
        (0, (0, 1, 2), "1 to 3 of 7"),
    ],
)
def test_a_page_is_the_asked_for_or_the_nearest(
    number: int, shown: tuple[int, ...], text: str
) -> None:
    page = page_of(range(7), number, 3)
    assert (page.items, page.pages, page.text) == (shown, 3, text)


def test_a_list_of_nothing_is_one_empty_page() -> None:
    page = page_of([], 1, 3)
    assert (page.items, page.number, page.pages, page.first, page.last) == ((), 1, 1, 0, 0)
