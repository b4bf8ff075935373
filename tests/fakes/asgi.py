"""ASGI applications asked without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
from starlette.types import ASGIApp, Message


async def ask(
    app: ASGIApp, method: str, url: str, *, headers: Mapping[str, str] | None = None, **more: Any
) -> httpx.Response:
    """Return the answer to one request; redirects are not followed."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8501") as client:
        return await client.request(method, url, headers=dict(headers or {}), **more)


class Socket:
    """One websocket to an application, as its browser has it."""

    def __init__(self, app: ASGIApp, path: str, headers: Mapping[str, str]) -> None:
        scope = {
            "type": "websocket",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "scheme": "ws",
            "root_path": "",
            "headers": [(name.lower().encode(), text.encode()) for name, text in headers.items()],
            "subprotocols": [],
        }
        self._incoming: asyncio.Queue[Message] = asyncio.Queue()
        self._outgoing: asyncio.Queue[Message] = asyncio.Queue()
        self._incoming.put_nowait({"type": "websocket.connect"})
        self._running = asyncio.ensure_future(
            app(scope, self._incoming.get, self._outgoing.put)  # type: ignore[arg-type]
        )

    async def say(self, text: str) -> None:
        await self._incoming.put({"type": "websocket.receive", "text": text})

    async def hear(self) -> Message:
        """Return what the application sends next."""
        async with asyncio.timeout(20):
            return await self._outgoing.get()

    async def leave(self) -> None:
        await self._incoming.put({"type": "websocket.disconnect", "code": 1000})
        await self.end()

    async def end(self) -> None:
        """Wait until the application is done with it."""
        async with asyncio.timeout(20):
            await self._running
