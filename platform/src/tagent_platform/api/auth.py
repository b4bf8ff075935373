"""Who is calling: bearer tokens, known by their SHA-256 alone, and roles."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.requests import Request

from tagent_platform.api.errors import forbidden, rate_limited, unauthenticated
from tagent_platform.api.limits import RateLimit, RequestLimits
from tagent_platform.core.records import TokenRecord, TokenRole
from tagent_platform.usecases.platform import Actor, Platform

CALLER = "tagent.caller"
"""The scope's key for the Caller, once the gate let the request in."""

FAILED_LOGINS_AT_ONCE = 20
BURST_S = 10.0
KNOWN_TOKENS_MAX = 10_000

_RANK = {TokenRole.VIEWER: 1, TokenRole.OPERATOR: 2, TokenRole.ADMIN: 3}


@dataclass(frozen=True, slots=True)
class Caller:
    """Who presented a token: the actor of all that the request does."""

    token_id: str
    actor: Actor

    def may(self, role: TokenRole) -> bool:
        """Tell whether this caller's role is enough; `sidecar` is enough for nothing but itself."""
        own = self.actor.role
        if role is TokenRole.SIDECAR or own is TokenRole.SIDECAR:
            return own is role
        return _RANK[own] >= _RANK[role]


class Access:
    """Tells callers apart and bounds how often they ask.

    A token is looked up by its digest, of which an attacker can neither choose nor learn a part, and compared in constant time.
    """

    def __init__(self, platform: Platform, limits: RequestLimits) -> None:
        self._platform = platform
        self._callers: dict[str, tuple[TokenRecord, Caller]] = {}
        self._people = RateLimit(limits.requests_per_s, limits.requests_per_s * BURST_S)
        self._sidecars = RateLimit(limits.reports_per_s, limits.reports_per_s * BURST_S)
        self._failures = RateLimit(limits.failed_logins_per_s, FAILED_LOGINS_AT_ONCE)

    def admit(self, authorization: bytes | None, address: str) -> Caller:
        """Return who calls. Raises a 401, or a 429 for a token or a guessing address that asks too often."""
        caller = self._identify(authorization, address)
        wait_s = self._wait_s(caller)
        if wait_s > 0:
            raise rate_limited(f"token {caller.actor.name!r} asks too often", wait_s)
        return caller

    def admit_sidecar(self, authorization: bytes | None) -> Caller | None:
        """Return the sidecar that calls; None for anyone else, or when `admit` would refuse it."""
        caller = self._bearer(authorization) if authorization is not None else None
        if caller is None or not caller.may(TokenRole.SIDECAR) or self._wait_s(caller) > 0:
            return None
        return caller

    def _wait_s(self, caller: Caller) -> float:
        is_sidecar = caller.actor.role is TokenRole.SIDECAR
        rate = self._sidecars if is_sidecar else self._people
        return rate.wait_s(caller.token_id, self._platform.clock.monotonic())

    def _bearer(self, authorization: bytes) -> Caller | None:
        scheme, _, token = authorization.partition(b" ")
        return self._find(token.strip()) if scheme.lower() == b"bearer" else None

    def _identify(self, authorization: bytes | None, address: str) -> Caller:
        if authorization is None:
            raise unauthenticated("a bearer token is required: Authorization: Bearer <token>")
        caller = self._bearer(authorization)
        if caller is None:
            self._count_failure(address)
            raise unauthenticated(
                "this bearer token is not known: it was revoked, has expired, or never was"
            )
        return caller

    def _find(self, token: bytes) -> Caller | None:
        digest = hashlib.sha256(token).hexdigest()
        record = self._platform.fleet.token(digest)
        if record is None or not hmac.compare_digest(record.digest, digest):
            return None
        if record.expires_at is not None and self._platform.clock.now() >= record.expires_at:
            return None
        known = self._callers.get(digest)
        if known is not None and known[0] is record:
            return known[1]
        caller = Caller(record.id, Actor(record.name, record.role, record.service))
        if len(self._callers) >= KNOWN_TOKENS_MAX:
            self._callers.clear()
        self._callers[digest] = (record, caller)
        return caller

    def _count_failure(self, address: str) -> None:
        wait_s = self._failures.wait_s(address, self._platform.clock.monotonic())
        if wait_s > 0:
            raise rate_limited("too many unknown tokens from this address", wait_s)


class Requires(SecurityBase):
    """A route's dependency: the caller, who must have at least this role. OpenAPI lists it as the bearer scheme."""

    def __init__(self, role: TokenRole | None) -> None:
        self.role = role
        self.model = HTTPBearer(
            description="A token of Tagent; on one machine, the line in `.tagent/tokens/operator`."
        )
        self.scheme_name = "token"

    async def __call__(self, request: Request) -> Caller:
        """Return the caller whom the gate let in."""
        caller: Caller = request.scope[CALLER]
        require(caller, self.role)
        return caller


def require(caller: Caller, role: TokenRole | None) -> None:
    """Raise a 403 that says which role is needed, unless the caller has it. None: any."""
    if role is not None and not caller.may(role):
        raise forbidden(
            f"this needs the role {role.value}; token {caller.actor.name!r} has the role {caller.actor.role.value}"
        )
