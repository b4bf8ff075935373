"""Make a token."""

from __future__ import annotations

import hashlib
import secrets

from tagent_contract.events import EventType
from tagent_contract.services import TokenRequest, TokenView
from tagent_contract.times import format_time
from tagent_platform.core.records import TokenRecord, TokenRole
from tagent_platform.ports.store import Change
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.errors import InvalidError
from tagent_platform.usecases.events import event_by
from tagent_platform.usecases.platform import Actor, Platform

SECRET_BYTES = 32
GIVEN_ID_LENGTH = 12


async def mint_token(
    platform: Platform, *, request: TokenRequest, actor: Actor, secret: str | None = None
) -> TokenView:
    """Return the token with its secret, which is shown this once and kept as its SHA-256 alone.

    A given `secret` (from a file or a setting) is taken as it is; the same one again is the same token. Raises InvalidError when a
    sidecar's token names no service, or another one does.
    """
    role = TokenRole(request.role)
    if role is TokenRole.SIDECAR and request.service is None:
        raise InvalidError("$.service", "is required: a sidecar's token is for one service")
    if role is not TokenRole.SIDECAR and request.service is not None:
        raise InvalidError("$.service", "is for role sidecar alone")
    is_given = secret is not None
    secret = secret or secrets.token_urlsafe(SECRET_BYTES)
    digest = hashlib.sha256(secret.encode()).hexdigest()
    # Two processes that are given the same one at once must not make two of it.
    token_id = digest[:GIVEN_ID_LENGTH] if is_given else platform.new_id()

    def decide() -> Decision[TokenRecord]:
        known = platform.fleet.token(digest)
        if known is not None:
            return Decision(known)
        now = platform.clock.now()
        record = TokenRecord(
            id=token_id,
            name=request.name,
            role=role,
            digest=digest,
            created_at=now,
            service=request.service,
            expires_at=None if request.ttl_s is None else now + request.ttl_s,
        )
        text = f"token {request.name} minted with role {role}"
        event = event_by(actor, EventType.TOKEN_MINTED, "", text, at=now, token_id=token_id)
        return Decision(record, [Change(TokenRecord, token_id, record, 0)], [event])

    return view_token(await commit_decision(platform, decide), secret)


def view_token(record: TokenRecord, secret: str | None = None) -> TokenView:
    """Show a token; its secret only to whom it is minted for."""
    return TokenView(
        id=record.id,
        name=record.name,
        role=record.role.value,
        created_at=format_time(record.created_at),
        service=record.service,
        token=secret,
        expires_at=None if record.expires_at is None else format_time(record.expires_at),
    )
