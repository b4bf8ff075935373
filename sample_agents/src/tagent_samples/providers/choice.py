"""Which provider answers."""

from __future__ import annotations

from tagent_samples.providers.provider import Provider
from tagent_samples.settings import Settings


def choose_provider(settings: Settings, local: Provider) -> Provider:
    """Return Gemini with its key, an OpenAI-compatible one with its key or base URL, else `local`."""
    if not (settings.google_api_key or settings.openai_api_key or settings.openai_base_url):
        return local
    # Imported here: without a key a start need not pay for an HTTP client.
    import httpx

    from tagent_samples.providers.gemini import Gemini
    from tagent_samples.providers.openai_compatible import OpenAiCompatible

    limits = httpx.Limits(max_connections=64, max_keepalive_connections=8)
    timeout = httpx.Timeout(
        settings.provider_silence_s, connect=min(5.0, settings.provider_silence_s)
    )
    client = httpx.AsyncClient(limits=limits, timeout=timeout)
    if settings.google_api_key:
        return Gemini(client, settings)
    return OpenAiCompatible(client, settings)
