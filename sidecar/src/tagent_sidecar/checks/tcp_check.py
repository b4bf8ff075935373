"""The TCP check: a connection that is accepted and not closed at once passes."""

from __future__ import annotations

import asyncio
import time

from tagent_sidecar.checks.connection import (
    Announce,
    CheckFailedError,
    connected,
    unannounced,
)
from tagent_sidecar.checks.looking import look_within
from tagent_sidecar.health.check_result import CheckOutcome, CheckResult, Side

SETTLE_S = 0.05
"""Outside: a proxy accepts before it knows whether the service does; this long it may still close."""


class TcpCheck:
    """Opens a connection, sends nothing and closes it."""

    def __init__(
        self, side: Side, host: str, port: int, *, announce: Announce = unannounced
    ) -> None:
        self._side = side
        self._host = host
        self._port = port
        self._announce = announce

    async def look(self, timeout_s: float) -> CheckResult:
        """Ask once."""
        return await look_within(self._side, timeout_s, self._ask)

    async def _ask(self, started_at: float) -> float:
        async with connected(self._host, self._port, self._announce) as sock:
            latency_s = time.monotonic() - started_at
            if self._side is Side.OUTSIDE:
                try:
                    async with asyncio.timeout(SETTLE_S):
                        greeting = await asyncio.get_running_loop().sock_recv(sock, 1)
                except TimeoutError:
                    return latency_s
                if not greeting:
                    raise CheckFailedError(CheckOutcome.BROKEN, "closed at once")
                latency_s = time.monotonic() - started_at
        return latency_s
