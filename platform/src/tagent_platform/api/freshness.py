"""Answers that know at least what the caller was told before, whichever process told it, and say how fresh they are."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tagent_contract.freshness import AFTER_HEADER, VERSION_HEADER, commit_in, version_text
from tagent_contract.plan import CONFIRMED_AGE_HEADER
from tagent_platform.api.gate import PREFIX, header
from tagent_platform.usecases.platform import Platform

SIDECARS_PATH = f"{PREFIX}/instances/"
"""A plan carries its own epoch and revision, and there are most of these."""
WAIT_S_MAX = 2.0
"""An answer that is behind is better than none."""
AGE_MAX_S = 999_999.0

_AFTER = AFTER_HEADER.encode()


class Freshness:
    """Waits until the mirror knows of the commit that the request names, and names the newest in the answer."""

    def __init__(self, app: ASGIApp, platform: Platform) -> None:
        self._app = app
        self._platform = platform

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http" or scope["path"].startswith(SIDECARS_PATH):
            await self._app(scope, receive, send)
            return
        after = header(scope, _AFTER)
        if after is not None:
            await self._wait_for(commit_in(after.decode("latin-1"), self._platform.store.epoch))

        async def send_with_version(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *await self._said()]}
            await send(message)

        await self._app(scope, receive, send_with_version)

    async def _wait_for(self, commit: int) -> None:
        if commit < 0:
            return
        try:
            async with asyncio.timeout(WAIT_S_MAX):
                await self._platform.store.changed(commit - 1)
        except TimeoutError:
            return

    async def _said(self) -> list[tuple[bytes, bytes]]:
        platform = self._platform
        version = version_text(platform.store.epoch, await platform.store.changed(-1))
        age_s = platform.store_watch.confirmed_age_s(platform.clock.monotonic())
        return [
            (VERSION_HEADER.encode(), version.encode()),
            (CONFIRMED_AGE_HEADER.encode(), b"%.3f" % min(age_s, AGE_MAX_S)),
        ]
