from __future__ import annotations

import pytest

from tagent_contract.freshness import commit_in, newest, version_text


def test_a_version_is_read_back_by_the_store_that_gave_it() -> None:
    assert commit_in(version_text("a1", 42), "a1") == 42
    assert commit_in(version_text("a1", 42), "b2") == -1


@pytest.mark.parametrize("text", ["", "a1", "a1.", "a1.x", "a1.-3", "a1.1" + "0" * 18, "a1.²"])
def test_what_is_no_version_asks_for_nothing(text: str) -> None:
    assert commit_in(text, "a1") == -1


@pytest.mark.parametrize(
    ("known", "told", "kept"),
    [
        ("", "a1.3", "a1.3"),
        ("a1.3", "a1.5", "a1.5"),
        ("a1.5", "a1.3", "a1.5"),
        ("a1.5", "b2.1", "b2.1"),
    ],
)
def test_the_newest_is_remembered_and_another_store_begins_anew(
    known: str, told: str, kept: str
) -> None:
    assert newest(known, told) == kept
