"""The local answer: the fitting passage, the same each time, and an honest word when nothing fits."""

from __future__ import annotations

import pytest

from tagent_samples.providers.local_chat import (
    NO_ANSWER,
    LocalChat,
    Passages,
    built_in_passages,
    terms,
)
from tagent_samples.providers.provider import Message, Prompt

SMALL = Passages(
    [
        "A lighthouse warns ships of rocks.",
        "Ships carry goods. Ships carry people. Ships need harbours.",
        "Bread is baked from flour.",
    ]
)


def test_terms_drop_stop_words_and_plain_endings() -> None:
    assert terms("What do the Retries of a policy, and policies, do?") == [
        "retry",
        "policy",
        "policy",
    ]


def test_the_rarer_word_decides() -> None:
    assert SMALL.best("lighthouse for ships", limit=1) == ["A lighthouse warns ships of rocks."]


def test_a_word_said_often_ranks_a_passage_higher() -> None:
    assert SMALL.best("ships", limit=2)[0].startswith("Ships carry goods")


def test_nothing_fits_a_question_without_a_known_word() -> None:
    assert SMALL.best("quantum?") == []


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is a circuit breaker?", "A circuit breaker watches"),
        ("Explain MTTR to me", "Mean time to detect"),
        ("how does jitter help", "Back-off means"),
        ("what is a sidecar?", "A sidecar is"),
        ("What is BM25?", "Retrieval-augmented generation"),
    ],
)
def test_the_built_in_text_answers_what_it_is_about(question: str, expected: str) -> None:
    assert built_in_passages().best(question)[0].startswith(expected)


async def test_the_answer_is_streamed_in_pieces_that_make_up_the_passages() -> None:
    provider = LocalChat(SMALL)
    prompt = Prompt("", (Message("user", "bread?"), Message("assistant", "x")))
    pieces = [piece async for piece in provider.stream(prompt)]
    assert len(pieces) == 5
    assert "".join(pieces) == "Bread is baked from flour."


async def test_it_says_so_when_it_does_not_know() -> None:
    prompt = Prompt("", (Message("user", "quantum"),))
    assert "".join([piece async for piece in LocalChat(SMALL).stream(prompt)]) == NO_ANSWER
