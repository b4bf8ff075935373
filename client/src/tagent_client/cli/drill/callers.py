"""Callers of one service: they keep their pace, whatever it does, and remember what they saw."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from tagent_client.cli.drill.trials import Call
from tagent_client.trust import trust

PACE_PER_S = 12.0
OPEN_MAX = 64
_WORDS: dict[type[Exception], str] = {
    httpx.ConnectError: "refused",
    httpx.ReadTimeout: "no answer",
    httpx.RemoteProtocolError: "cut",
    httpx.ReadError: "cut",
}
BODIES: dict[str, dict[str, Any] | None] = {
    "/v1/chat": {"message": "What is a circuit breaker?"},
    "/v1/summary": {"text": "A drill breaks. Healing heals. Callers see both.", "sentences": 1},
    "/v1/items": None,
}


@dataclass
class Callers:
    """Calls `path` on `url` until cancelled. `patience_s` may be changed while they call."""

    url: str
    path: str
    began: float
    """On the monotonic clock; calls are timed from there."""
    patience_s: float = 2.0
    calls: list[Call] = field(default_factory=list)

    def now_s(self) -> float:
        """Return the time since the drill began."""
        return time.monotonic() - self.began

    def between(self, start_s: float, end_s: float) -> tuple[Call, ...]:
        """Return the calls that began in that time."""
        return tuple(call for call in self.calls if start_s <= call.at_s <= end_s)

    async def run(self) -> None:
        """Call at an even pace by the clock, so that slow answers do not lower it."""
        limits = httpx.Limits(max_connections=OPEN_MAX)
        started = time.monotonic()
        async with (
            httpx.AsyncClient(
                base_url=self.url, limits=limits, trust_env=False, verify=trust(self.url)
            ) as client,
            asyncio.TaskGroup() as calls,
        ):
            for number in count():
                await asyncio.sleep(max(0.0, started + number / PACE_PER_S - time.monotonic()))
                calls.create_task(self._call(client))

    async def _call(self, client: httpx.AsyncClient) -> None:
        at_s = self.now_s()
        body = BODIES[self.path]
        method = "GET" if body is None else "POST"
        result: int | str
        try:
            answer = await client.request(method, self.path, json=body, timeout=self.patience_s)
            result = answer.status_code
        except httpx.HTTPError as error:
            result = _WORDS.get(type(error), type(error).__name__)
        self.calls.append(Call(at_s, self.now_s() - at_s, result))
