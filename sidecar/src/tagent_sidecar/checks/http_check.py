"""The HTTP check: GET a path, and any status from 200 to 399 passes."""

from __future__ import annotations

import re
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

HEAD_BYTES_MAX = 16 * 1024
REST_BYTES_MAX = 64 * 1024
REST_WAIT_S = 0.2
"""After the status: how long and how much of the rest is read, so that the service need not see its answer refused."""

_STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5]\d\d)(?: |\r)")


class HttpCheck:
    """Asks over a new connection each time, since one that cannot be opened is what a check is to find."""

    def __init__(
        self, side: Side, host: str, port: int, path: str, *, announce: Announce = unannounced
    ) -> None:
        self._side = side
        self._endpoint = Endpoint(host, port)
        self._announce = announce
        name = f"[{host}]" if ":" in host else host
        self._request = (
            f"GET {path} HTTP/1.1\r\nhost: {name}:{port}\r\nuser-agent: tagent-check\r\n"
            "accept: */*\r\nconnection: close\r\n\r\n"
        ).encode("ascii")

    async def look(self, timeout_s: float) -> CheckResult:
        """Ask once."""
        return await look_within(self._side, timeout_s, self._ask)

    async def _ask(self, started_at: float, timeout_s: float) -> float:
        conversation = Conversation(timeout_s)
        try:
            await conversation.open(self._endpoint, self._announce, self._request)
            received = await conversation.receive(HEAD_BYTES_MAX) or b""
            latency_s = time.monotonic() - started_at
            status = await _final_status(conversation, received)
            await _read_the_rest(conversation, started_at + timeout_s)
        finally:
            conversation.close()
        if not 200 <= status < 400:
            raise CheckFailedError(CheckOutcome.BAD_ANSWER, f"answered {status}")
        return latency_s


async def _final_status(conversation: Conversation, received: bytes) -> int:
    """Read on to the status line of the answer, past any 1xx before it."""
    buffered = received
    while received:
        status, rest = _parse_status(buffered)
        if status >= 200:
            return status
        if status:
            buffered = rest
        if len(buffered) > HEAD_BYTES_MAX:
            raise CheckFailedError(CheckOutcome.BAD_ANSWER, "the answer has no end of its head")
        if not (status and rest):
            received = await conversation.receive(HEAD_BYTES_MAX) or b""
            buffered += received
    raise CheckFailedError(CheckOutcome.BROKEN, "closed without an answer")


def _parse_status(buffered: bytes) -> tuple[int, bytes]:
    """Return the status and, of a 1xx, what follows its head; 0 when more has to be read first."""
    _, line_is_whole, _ = buffered.partition(b"\r\n")
    if not line_is_whole:
        return 0, b""
    found = _STATUS_LINE.match(buffered)
    if found is None:
        raise CheckFailedError(CheckOutcome.BAD_ANSWER, "the answer is not HTTP/1.1")
    _, head_is_whole, rest = buffered.partition(b"\r\n\r\n")
    status = int(found[1])
    return (status if status >= 200 or head_is_whole else 0), rest


async def _read_the_rest(conversation: Conversation, until: float) -> None:
    """Read what follows the status, for a while; the status was the answer."""
    left = REST_BYTES_MAX
    until = min(until, time.monotonic() + REST_WAIT_S)
    try:
        while left > 0 and (wait_s := until - time.monotonic()) > 0:
            received = await conversation.receive(left, wait_s)
            if not received:
                return
            left -= len(received)
    except OSError:
        return
