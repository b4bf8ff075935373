"""Summarises by extraction: the sentences that carry most of a text's words, in their own order."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from tagent_samples.providers.local_chat import terms
from tagent_samples.providers.provider import Prompt

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"')\]]*\s+(?=[\"'(\[]*[A-Z0-9])|\n\s*\n")
LEAD_BONUS = 1.2
"""The first sentence of a text usually says what it is about."""


def sentences(text: str) -> list[str]:
    """Split a text into sentences, white space tidied."""
    parts = (" ".join(part.split()) for part in _SENTENCE_END.split(text))
    return [part for part in parts if part]


def summarise(text: str, count: int) -> list[str]:
    """Return at most `count` of the text's sentences, the weightiest, in the text's order."""
    parts = sentences(text)
    if len(parts) <= count:
        return parts
    weights = Counter(terms(text))
    top = max(weights.values(), default=1)
    scores = [_score(part, weights, top, first=i == 0) for i, part in enumerate(parts)]
    chosen = sorted(range(len(parts)), key=lambda i: (-scores[i], i))[:count]
    return [parts[i] for i in sorted(chosen)]


def _score(sentence: str, weights: Counter[str], top: int, *, first: bool) -> float:
    words = terms(sentence)
    if not words:
        return 0.0
    # Divided by more than the length alone, so that a sentence of one frequent word does not win.
    weight = sum(weights[word] / top for word in words) / (len(words) + 3)
    return weight * (LEAD_BONUS if first else 1.0)


@dataclass(frozen=True, slots=True)
class LocalSummary:
    """A Provider that picks sentences; the same text always gets the same summary."""

    name: str = "local"

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str]:
        """Yield the chosen sentences, one at a time."""
        text = prompt.messages[-1].text
        chosen = summarise(text, prompt.sentences_max) or [" ".join(text.split())]
        for i, sentence in enumerate(chosen):
            yield sentence if i == 0 else f" {sentence}"
