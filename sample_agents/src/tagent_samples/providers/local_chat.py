"""Answers questions from a small built-in text: the passages that fit best, ranked by BM25."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tagent_samples.providers.provider import Prompt

# The usual constants of BM25: how soon repeating a word stops counting, and how much a long passage is discounted.
TERM_SATURATION = 1.5
LENGTH_DISCOUNT = 0.75
PASSAGES_SHOWN = 2
NO_ANSWER = (
    "I answer from a small built-in text about running services, and found nothing there about that. "
    "Ask me about time-outs, retries, circuit breakers, health checks or post-mortems; "
    "or set GOOGLE_API_KEY or OPENAI_BASE_URL for a real model."
)
_WORD = re.compile(r"[a-z0-9]+")
_STOP_WORD_LIST = (
    "a an and are as at be but by can do does for from have how i in into is it its me my of on or so "
    "should tell than that the their then there these they this to us was we what when which who why "
    "will with would you your about explain please"
)
_STOP_WORDS = frozenset(_STOP_WORD_LIST.split())


def terms(text: str) -> list[str]:
    """Return the words that carry meaning, with the commonest endings cut."""
    return [_stem(word) for word in _WORD.findall(text.lower()) if word not in _STOP_WORDS]


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


@dataclass(frozen=True)
class Passages:
    """A text in passages, searchable."""

    texts: Sequence[str]

    @cached_property
    def _counts(self) -> list[Counter[str]]:
        return [Counter(terms(text)) for text in self.texts]

    @cached_property
    def _document_frequency(self) -> Counter[str]:
        return Counter(term for counts in self._counts for term in counts)

    @cached_property
    def _length_mean(self) -> float:
        return sum(counts.total() for counts in self._counts) / max(1, len(self._counts)) or 1.0

    def best(self, question: str, limit: int = PASSAGES_SHOWN) -> list[str]:
        """Return the passages that fit, best first; none when no word of the question occurs."""
        wanted = set(terms(question))
        scored = [(self._score(counts, wanted), -i) for i, counts in enumerate(self._counts)]
        ranked = sorted((entry for entry in scored if entry[0] > 0), reverse=True)
        return [self.texts[-i] for _score, i in ranked[:limit]]

    def _score(self, counts: Counter[str], wanted: set[str]) -> float:
        length = counts.total() / self._length_mean
        penalty = TERM_SATURATION * (1 - LENGTH_DISCOUNT + LENGTH_DISCOUNT * length)
        # Sorted, since the order of a set, and with it the last bit of a sum, changes from start to start.
        return sum(
            self._rarity(term) * counts[term] * (TERM_SATURATION + 1) / (counts[term] + penalty)
            for term in sorted(wanted)
            if counts[term]
        )

    def _rarity(self, term: str) -> float:
        frequency = self._document_frequency[term]
        return math.log(1 + (len(self.texts) - frequency + 0.5) / (frequency + 0.5))


def built_in_passages() -> Passages:
    """Read the text that ships with the samples."""
    text = (Path(__file__).parent / "passages.txt").read_text(encoding="utf-8")
    return Passages(
        [" ".join(passage.split()) for passage in text.split("\n\n") if passage.strip()]
    )


@dataclass(frozen=True)
class LocalChat:
    """A Provider that answers from passages; the same question always gets the same answer."""

    passages: Passages = field(default_factory=built_in_passages)
    name: str = "local"

    async def stream(self, prompt: Prompt) -> AsyncGenerator[str]:
        """Yield the answer word by word, as a model would."""
        question = next(
            (turn.text for turn in reversed(prompt.messages) if turn.author == "user"), ""
        )
        answer = "\n\n".join(self.passages.best(question)) or NO_ANSWER
        for piece in re.findall(r"\S+\s*", answer):
            yield piece
