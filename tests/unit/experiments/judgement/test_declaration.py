"""What a file says to Tagent."""

from __future__ import annotations

from typing import Any

import pytest

from chaostagent.judgement.declaration import Declaration, DeclarationError, declaration_of
from chaostagent.judgement.healer import Expectation

BLOCK = {"name": "tagent", "experiment": "error-is-cured", "targets": ["chat"]}


def of(**changes: Any) -> Declaration | None:
    return declaration_of({"extensions": [{"name": "other"}, {**BLOCK, **changes}]})


def test_a_block_with_the_least_has_the_defaults() -> None:
    found = of()
    assert found is not None
    assert (found.expects, found.weight, found.verdict) == (Expectation.CURE, 1.0, "passed")


def test_without_the_block_there_is_none() -> None:
    assert declaration_of({}) is None
    assert declaration_of({"extensions": None}) is None
    assert declaration_of({"extensions": [{"name": "other"}, "odd"]}) is None


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"targets": []}, "targets"),
        ({"targets": ["No Name"]}, "targets"),
        ({"expects": "wonders"}, "expects"),
        ({"weight": -1}, "weight"),
        ({"experiment": "Not A Name"}, "experiment"),
        ({"wieght": 1}, "wieght"),
        ({"verdict": "green"}, "verdict"),
    ],
)
def test_a_wrong_field_is_named(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(DeclarationError, match=word):
        of(**changes)


def test_all_services_may_be_meant() -> None:
    found = of(targets=["*"])
    assert found is not None
    assert found.targets == ("*",)
