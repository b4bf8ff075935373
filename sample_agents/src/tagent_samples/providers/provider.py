"""What a provider promises, and how it fails."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Literal, Protocol

Author = Literal["user", "assistant"]


class ProviderError(Exception):
    """The provider is down, refused, or answered something that is no answer."""


class ProviderSlowError(ProviderError):
    """The provider said nothing for too long."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation."""

    author: Author
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is asked: the conversation, oldest first, and what the answer should be like."""

    instruction: str
    messages: tuple[Message, ...]
    sentences_max: int = 3
    """For a provider that cannot read the instruction."""


class Provider(Protocol):
    """Answers prompts.

    - `stream` yields the answer in pieces, at least one.
    - It raises ProviderError or ProviderSlowError, never another error, and never waits without an end.
    """

    @property
    def name(self) -> str:
        """Who answers: `local`, `gemini` or `openai-compatible`."""

    def stream(self, prompt: Prompt) -> AsyncGenerator[str]:
        """Answer in pieces."""
