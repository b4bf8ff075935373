"""Google ID tokens, with which a private Cloud Run service lets its callers in: beside our own token, in a header of its own.

Cloud Run looks at `X-Serverless-Authorization` first and leaves `Authorization` to the platform. A token lasts an hour; a new one is
fetched some minutes before its end, beside what goes on. Where there is none, a request waits a second for it at most, and goes out
all the same: where nobody asks for one, nothing is missing.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
import re
import time
from collections.abc import Callable, Mapping
from typing import Protocol
from urllib.parse import urlencode

import msgspec

from tagent_sidecar.platform_link.http import Address, LinkError

log = logging.getLogger("tagent_sidecar.id_token")

HEADER = "x-serverless-authorization"
RUN_DOMAIN = ".run.app"
REFRESH_BEFORE_S = 300.0
RETRY_AFTER_S = 10.0
LIFETIME_MAX_S = 3600.0
_TOKEN = re.compile(r"[A-Za-z0-9_=.-]{1,8192}")


class Metadata(Protocol):
    """Who gives tokens."""

    async def get(self, name: str) -> str:
        """Return a value. Raises LinkError."""


class _Claims(msgspec.Struct):
    exp: float


def audience_of(address: Address) -> str | None:
    """Return for whom a token has to be made: a Cloud Run service is its own audience; None for who is no such service."""
    if not address.is_tls or not address.host.endswith(RUN_DOMAIN):
        return None
    return f"https://{address.host}"


def lasting_s(token: str, now: float) -> float:
    """Return how long a token still holds. It is not verified: whoever is shown it does that. Raises ValueError."""
    parts = token.split(".")
    if not _TOKEN.fullmatch(token) or len(parts) != 3:
        raise ValueError("that is no token")
    try:
        claims = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        lasts_s = msgspec.json.decode(claims, type=_Claims).exp - now
    except (binascii.Error, msgspec.DecodeError) as error:
        raise ValueError(f"the token's claims cannot be read: {error}") from error
    if lasts_s <= 0:
        raise ValueError("the token has expired already")
    return min(lasts_s, LIFETIME_MAX_S)


class IdTokens:
    """Keeps one token for one audience. May be asked by several tasks of a loop."""

    def __init__(
        self,
        metadata: Metadata,
        audience: str,
        wall_clock: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Fetch nothing yet."""
        self._metadata = metadata
        self._route = (
            f"instance/service-accounts/default/identity?{urlencode({'audience': audience})}"
        )
        self._audience = audience
        self._wall_clock = wall_clock
        self._clock = clock
        self._fetching: asyncio.Task[None] | None = None
        self._token = ""
        self._ends_at = float("-inf")
        self._not_before = float("-inf")
        self._is_failing = False

    async def headers(self) -> Mapping[str, str]:
        """Return the header to send, none when there is no token. Never fails; waits only while there is no token that holds."""
        now = self._clock()
        if self._fetching is None and now >= max(
            self._ends_at - REFRESH_BEFORE_S, self._not_before
        ):
            # A task of its own: a request that is given up meanwhile must not take the answer with it.
            self._fetching = asyncio.get_running_loop().create_task(
                self._fetch(now), name="Google ID token"
            )
            self._fetching.add_done_callback(self._fetched)
        if now >= self._ends_at and self._fetching is not None:
            await asyncio.shield(self._fetching)
        is_good = self._clock() < self._ends_at
        return {HEADER: f"Bearer {self._token}"} if is_good else {}

    def _fetched(self, _task: asyncio.Task[None]) -> None:
        self._fetching = None

    async def _fetch(self, now: float) -> None:
        # The metadata server gives the same token until shortly before its end: asking more often helps nobody.
        self._not_before = now + RETRY_AFTER_S
        try:
            token = await self._metadata.get(self._route)
            lasts_s = lasting_s(token, self._wall_clock())
        except (LinkError, ValueError) as error:
            self._failed(error)
            return
        self._token, self._ends_at = token, now + lasts_s
        if self._is_failing:
            self._is_failing = False
            log.info("there is a Google ID token for %s again", self._audience)

    def _failed(self, error: Exception) -> None:
        if self._is_failing:
            return
        self._is_failing = True
        log.warning(
            "no Google ID token for %s, so requests go without one, which a private Cloud Run service refuses: %s",
            self._audience,
            error,
        )
