from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import pytest

from tagent_contract.faults import EndReason
from tagent_contract.health import HealthReason
from tagent_contract.incidents import Refusal
from tagent_contract.problems import ConflictReason
from tagent_dashboard.views.reasons import (
    CONFLICTS,
    END_REASONS,
    HEALTH_REASONS,
    REFUSALS,
    Reason,
)

TABLES = [
    (Refusal, REFUSALS),
    (HealthReason, HEALTH_REASONS),
    (EndReason, END_REASONS),
    (ConflictReason, CONFLICTS),
]


@pytest.mark.parametrize(("kind", "table"), TABLES)
def test_each_reason_has_its_words(kind: type[StrEnum], table: Mapping[StrEnum, Reason]) -> None:
    assert set(table) == set(kind)


@pytest.mark.parametrize(("kind", "table"), TABLES)
def test_words_are_whole_sentences_of_their_own(
    kind: type[StrEnum], table: Mapping[StrEnum, Reason]
) -> None:
    for reason, words in table.items():
        for sentence in filter(None, (words.meaning, words.advice)):
            assert sentence[0].isupper(), reason
            assert sentence.endswith("."), reason
            assert "_" not in sentence, reason
    assert len({words.meaning for words in table.values()}) == len(table), kind


@pytest.mark.parametrize("table", [REFUSALS, CONFLICTS])
def test_each_refusal_says_what_to_do(table: Mapping[StrEnum, Reason]) -> None:
    assert [reason for reason, words in table.items() if not words.advice] == []
