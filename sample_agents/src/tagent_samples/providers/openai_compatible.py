"""Any endpoint that speaks OpenAI's chat completions: OpenAI itself, vLLM, Ollama, LiteLLM ..."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any

import httpx

from tagent_samples.providers.provider import Prompt, ProviderError
from tagent_samples.providers.sse import Call, Limits, stream_pieces
from tagent_samples.settings import OPENAI_BASE_URL, Settings


@dataclass(frozen=True, slots=True)
class OpenAiCompatible:
    """A Provider over `POST {base}/chat/completions` with `stream: true`."""

    client: httpx.AsyncClient
    settings: Settings
    name: str = "openai-compatible"

    def stream(self, prompt: Prompt) -> AsyncGenerator[str]:
        """Return the answer's pieces as they come."""
        limits = Limits(self.settings.provider_silence_s, self.settings.provider_whole_s)
        return stream_pieces(self.client, self._call(prompt), limits, _piece)

    def _call(self, prompt: Prompt) -> Call:
        settings = self.settings
        key = settings.openai_api_key
        messages = [{"role": "system", "content": prompt.instruction}]
        messages += [{"role": turn.author, "content": turn.text} for turn in prompt.messages]
        return Call(
            url=f"{settings.openai_base_url or OPENAI_BASE_URL}/chat/completions",
            headers={"authorization": f"Bearer {key}"} if key else {},
            body={
                "model": settings.openai_model_id,
                "messages": messages,
                "temperature": settings.temperature,
                "max_tokens": settings.max_tokens,
                "stream": True,
            },
        )


def _piece(event: dict[str, Any]) -> str:
    if "error" in event:
        raise ProviderError(f"the provider broke off: {str(event['error'])[:300]}")
    try:
        choices = event["choices"]
        # The last event of some endpoints carries the usage and no choice.
        text = choices[0]["delta"].get("content") if choices else None
    except (KeyError, IndexError, TypeError, AttributeError):
        raise ProviderError("the provider's event has no choices[0].delta") from None
    if text is None:
        return ""
    if not isinstance(text, str):
        raise ProviderError("the provider's event has a content that is not text")
    return text
