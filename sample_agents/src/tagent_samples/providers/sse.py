"""Reading a provider's server-sent events, with every size and wait bounded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tagent_samples.providers.provider import ProviderError, ProviderSlowError

if TYPE_CHECKING:
    import httpx

ANSWER_BYTES_MAX = 4 * 2**20
"""Of one answer; 8192 tokens are far below it even with a kilobyte of wrapping each."""
ERROR_BYTES_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a provider may be silent, and how long a whole answer may take."""

    silence_s: float
    whole_s: float


@dataclass(frozen=True, slots=True)
class Call:
    """One POST to a provider."""

    url: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]


async def stream_pieces(
    client: httpx.AsyncClient, call: Call, limits: Limits, piece_of: Callable[[dict[str, Any]], str]
) -> AsyncGenerator[str]:
    """Yield the text of each event that has one. Raises ProviderError alone, also when there was none at all."""
    said = False
    async with aclosing(stream_events(client, call, limits)) as events:
        async for event in events:
            piece = piece_of(event)
            if piece:
                said = True
                yield piece
    if not said:
        raise ProviderError("the provider ended its answer without a word")


async def stream_events(
    client: httpx.AsyncClient, call: Call, limits: Limits
) -> AsyncGenerator[dict[str, Any]]:
    """Yield the JSON object of each event until the stream ends or says `[DONE]`. Raises ProviderError alone."""
    import httpx

    deadline = asyncio.get_running_loop().time() + limits.whole_s
    try:
        response = await _opened(client, call, limits)
        try:
            if response.status_code != 200:
                raise ProviderError(await _refusal(response))
            async with aclosing(_data_lines(response, deadline)) as lines:
                async for data in lines:
                    yield _event(data)
        finally:
            await response.aclose()
    except (TimeoutError, httpx.TimeoutException):
        raise ProviderSlowError(
            f"the provider said nothing for {limits.silence_s:g} s, or took over {limits.whole_s:g} s in all"
        ) from None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        said = str(error) or type(error).__name__
        raise ProviderError(f"the provider cannot be reached: {said}") from error


async def _opened(client: httpx.AsyncClient, call: Call, limits: Limits) -> httpx.Response:
    request = client.build_request("POST", call.url, headers=call.headers, json=call.body)
    # httpx bounds each read; only this bounds a head that drips in byte by byte.
    async with asyncio.timeout(limits.silence_s):
        return await client.send(request, stream=True)


async def _data_lines(response: httpx.Response, deadline: float) -> AsyncGenerator[str]:
    """Yield the `data:` of each event; JSON that these providers send fits one line."""
    size = 0
    async for line in _lines(response, deadline):
        size += len(line)
        if size > ANSWER_BYTES_MAX:
            raise ProviderError("the provider's answer is too long")
        if line.startswith("data:"):
            data = line[5:].strip()
            if data == "[DONE]":
                return
            yield data


async def _lines(response: httpx.Response, deadline: float) -> AsyncGenerator[str]:
    """Like httpx's own `aiter_lines`, which would gather a line without end in memory."""
    rest = ""
    async for text in response.aiter_text():
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError
        rest += text
        if len(rest) > ANSWER_BYTES_MAX:
            raise ProviderError("the provider's answer is too long")
        *lines, rest = rest.split("\n")
        for line in lines:
            yield line.rstrip("\r")
    if rest:
        yield rest


async def _refusal(response: httpx.Response) -> str:
    body = b""
    async for part in response.aiter_bytes():
        body += part
        if len(body) >= ERROR_BYTES_SHOWN:
            break
    text = " ".join(body[:ERROR_BYTES_SHOWN].decode("utf-8", "replace").split())
    return f"the provider answered {response.status_code}: {text or 'nothing more'}"


def _event(data: str) -> dict[str, Any]:
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        raise ProviderError("the provider sent an event that is not JSON") from None
    if not isinstance(event, dict):
        raise ProviderError("the provider sent an event that is not a JSON object")
    return event
