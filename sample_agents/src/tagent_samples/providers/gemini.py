"""Google's Gemini, through its own streaming API."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import httpx

from tagent_samples.providers.provider import Prompt, ProviderError
from tagent_samples.providers.sse import Call, Limits, stream_pieces
from tagent_samples.settings import Settings


@dataclass(frozen=True, slots=True)
class Gemini:
    """A Provider over `models/{id}:streamGenerateContent`."""

    client: httpx.AsyncClient
    settings: Settings
    name: str = "gemini"

    def stream(self, prompt: Prompt) -> AsyncGenerator[str]:
        """Return the answer's pieces as they come."""
        limits = Limits(self.settings.provider_silence_s, self.settings.provider_whole_s)
        return stream_pieces(self.client, self._call(prompt), limits, _piece)

    def _call(self, prompt: Prompt) -> Call:
        settings = self.settings
        base = f"{settings.gemini_base_url}/models/{settings.gemini_model_id}"
        turns = [
            {
                "role": "model" if turn.author == "assistant" else "user",
                "parts": [{"text": turn.text}],
            }
            for turn in prompt.messages
        ]
        return Call(
            url=f"{base}:streamGenerateContent?alt=sse",
            # In a header, since a URL ends up in logs.
            headers={"x-goog-api-key": settings.google_api_key},
            body={
                "systemInstruction": {"parts": [{"text": prompt.instruction}]},
                "contents": turns,
                "generationConfig": {
                    "temperature": settings.temperature,
                    "maxOutputTokens": settings.max_tokens,
                },
            },
        )


def _piece(event: dict[str, Any]) -> str:
    if "error" in event:
        raise ProviderError(f"the provider broke off: {str(event['error'])[:300]}")
    blocked = event.get("promptFeedback")
    if isinstance(blocked, dict) and blocked.get("blockReason"):
        raise ProviderError(f"the provider refused the prompt: {str(blocked['blockReason'])[:100]}")
    try:
        # The last event may carry a finish reason and no content.
        parts = event["candidates"][0].get("content", {}).get("parts", [])
        texts = [part.get("text", "") for part in parts]
    except (KeyError, IndexError, TypeError, AttributeError):
        raise ProviderError("the provider's event has no candidates[0].content") from None
    if not all(isinstance(text, str) for text in texts):
        raise ProviderError("the provider's event has a text that is not text")
    return "".join(texts)
