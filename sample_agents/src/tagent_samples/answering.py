"""Turning a provider's pieces into an answer: whole as JSON, or streamed as server-sent events."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from starlette.responses import JSONResponse, Response, StreamingResponse

from tagent_samples.problems import provider_problem
from tagent_samples.providers.provider import Prompt, Provider, ProviderError


async def answer_whole(provider: Provider, prompt: Prompt, field: str) -> Response:
    """Return `{field: text, "provider": name}`. Raises ProviderError."""
    pieces = [piece async for piece in provider.stream(prompt)]
    return JSONResponse({field: "".join(pieces), "provider": provider.name})


async def answer_streamed(provider: Provider, prompt: Prompt) -> Response:
    """Return a stream of `{"text": ...}` events, then `done`; a provider that fails midway ends it with `error`.

    Raises ProviderError when it fails before its first piece, so that the caller gets a proper status.
    """
    pieces = provider.stream(prompt)
    first = await anext(pieces)
    return StreamingResponse(
        _events(provider.name, first, pieces),
        media_type="text/event-stream",
        headers={"cache-control": "no-store"},
    )


async def _events(name: str, first: str, rest: AsyncGenerator[str]) -> AsyncGenerator[str]:
    yield _event(None, {"text": first})
    # A caller that leaves closes us, and we the provider's connection.
    async with aclosing(rest):
        try:
            async for piece in rest:
                yield _event(None, {"text": piece})
        except ProviderError as error:
            yield _event("error", provider_problem(error))
            return
    yield _event("done", {"provider": name})


def _event(kind: str | None, data: dict[str, Any]) -> str:
    head = f"event: {kind}\n" if kind else ""
    return f"{head}data: {json.dumps(data)}\n\n"
