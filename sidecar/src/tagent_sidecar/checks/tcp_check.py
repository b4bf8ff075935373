"""The TCP check: a connection that is accepted and not closed at once passes."""

from __future__ import annotations

import time

from tagent_sidecar.checks.conversation import (
    Announce,
    CheckFailedError,
    Conversation,
    Endpoint,
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
        self._endpoint = Endpoint(host, port)
        self._announce = announce

    async def look(self, timeout_s: float) -> CheckResult:
        """Ask once."""
        return await look_within(self._side, timeout_s, self._ask)

    async def _ask(self, started_at: float, timeout_s: float) -> float:
        conversation = Conversation(timeout_s)
        try:
            await conversation.open(self._endpoint, self._announce, b"")
            latency_s = time.monotonic() - started_at
            if self._side is Side.OUTSIDE:
                greeting = await conversation.receive(1, SETTLE_S)
                if greeting == b"":
                    raise CheckFailedError(CheckOutcome.BROKEN, "closed at once")
                if greeting:
                    latency_s = time.monotonic() - started_at
        finally:
            conversation.close()
        return latency_s
