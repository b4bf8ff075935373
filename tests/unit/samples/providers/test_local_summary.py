"""The extractive summary."""

from __future__ import annotations

from tagent_samples.providers.local_summary import LocalSummary, sentences, summarise
from tagent_samples.providers.provider import Message, Prompt

TEXT = (
    "The harbour was closed by a storm. Nobody minded. The storm broke two cranes of the harbour. "
    'A gull sat on a wall. "Repairs of the harbour cranes take a month," said the harbour master.'
)


def test_sentences_end_at_stops_before_a_capital_and_at_empty_lines() -> None:
    assert sentences("It cost 3.5 euros. Fine!  (Really?) Yes\n\nA new one") == [
        "It cost 3.5 euros.",
        "Fine!",
        "(Really?",
        "Yes",
        "A new one",
    ]


def test_the_weighty_sentences_stay_in_their_order() -> None:
    assert summarise(TEXT, 3) == [
        "The harbour was closed by a storm.",
        "The storm broke two cranes of the harbour.",
        '"Repairs of the harbour cranes take a month," said the harbour master.',
    ]


def test_a_short_text_is_kept_whole() -> None:
    assert summarise("One thing. Another.", 3) == ["One thing.", "Another."]


def test_a_text_without_words_does_not_break_it() -> None:
    assert summarise("... !!! ??? ... . . .", 1) == ["... !!! ??? ... . . ."]


async def test_the_number_of_sentences_comes_with_the_prompt() -> None:
    prompt = Prompt("", (Message("user", TEXT),), sentences_max=1)
    assert [piece async for piece in LocalSummary().stream(prompt)] == [
        "The harbour was closed by a storm."
    ]
