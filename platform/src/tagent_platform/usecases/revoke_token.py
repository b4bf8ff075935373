"""Revoke a token."""

from __future__ import annotations

from tagent_contract.events import EventType
from tagent_contract.problems import ConflictReason
from tagent_platform.core.records import TokenRecord, TokenRole
from tagent_platform.ports.store import Change, Guard
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.errors import NotFoundError, RefusedError
from tagent_platform.usecases.events import event_by
from tagent_platform.usecases.platform import Actor, Platform


async def revoke_token(
    platform: Platform, *, token_id: str, actor: Actor, reason: str = ""
) -> None:
    """Revoke it; from when this returns, nobody gets in with it.

    Raises NotFoundError, and RefusedError(LAST_ADMIN) for the last token that could mint others.
    """

    def decide() -> Decision[None]:
        tokens = platform.store.all(TokenRecord)
        found = tokens.get(token_id)
        if found is None:
            raise NotFoundError("token", token_id, tokens)
        changes: list[Change | Guard] = [Change(TokenRecord, token_id, None, found.version)]
        if found.record.role is TokenRole.ADMIN:
            changes.append(_guard_of_another_admin(platform, token_id))
        text, now = f"token {found.record.name} revoked", platform.clock.now()
        event = event_by(
            actor, EventType.TOKEN_REVOKED, "", text, at=now, why=reason, token_id=token_id
        )
        return Decision(None, changes, [event])

    await commit_decision(platform, decide)


def _guard_of_another_admin(platform: Platform, token_id: str) -> Guard:
    """Of two admins that revoke each other at once, one stays."""
    for key, versioned in platform.store.all(TokenRecord).items():
        record = versioned.record
        # One that ends by itself would leave nobody.
        if record.role is TokenRole.ADMIN and record.expires_at is None and key != token_id:
            return Guard(TokenRecord, key, versioned.version)
    raise RefusedError(
        ConflictReason.LAST_ADMIN, "this is the last admin's token; mint another first"
    )
