"""Let in the people whose tokens this machine's files or settings name, and nobody whom they named before. Called at each start."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping

from tagent_contract.services import TokenRequest
from tagent_platform.core.records import PEOPLE, TokenRecord, TokenRole
from tagent_platform.ports.store import StoreUnavailableError
from tagent_platform.usecases.errors import NotFoundError
from tagent_platform.usecases.mint_token import mint_token
from tagent_platform.usecases.platform import PLATFORM, Platform
from tagent_platform.usecases.revoke_token import revoke_token

STORE_AWAY_MAX_S = 10.0
STORE_RETRY_S = 0.5
"""For how long a store that is away is waited for, and how often it is asked."""

LOCAL, CONFIGURED = "local", "configured"
"""Where tokens come from: this machine's files, or settings."""

_log = logging.getLogger(__name__)


async def let_in_people(
    platform: Platform, *, tokens: Mapping[TokenRole, str], origin: str
) -> None:
    """Make `tokens` the only ones of their kind; others, that were minted by the API, stay.

    A store that is away for a moment is waited for: whoever starts must not give up on one slow answer. Raises StoreUnavailableError.
    """
    ends = platform.clock.monotonic() + STORE_AWAY_MAX_S
    while True:
        try:
            return await _let_in(platform, tokens, origin)
        except StoreUnavailableError as error:
            if platform.clock.monotonic() >= ends:
                raise
            _log.warning("the start waits for the store: %s", error)
        await platform.clock.sleep(STORE_RETRY_S)


async def _let_in(platform: Platform, tokens: Mapping[TokenRole, str], origin: str) -> None:
    wanted = set()
    for role, token in tokens.items():
        request = TokenRequest(name=f"{origin}-{role.value}", role=role.value)
        minted = await mint_token(platform, request=request, actor=PLATFORM, secret=token)
        wanted.add(minted.id)
    names = {f"{each}-{role.value}" for each in (LOCAL, CONFIGURED) for role in PEOPLE}
    for key, found in list(platform.store.all(TokenRecord).items()):
        if found.record.name in names and key not in wanted:
            # Another process of this platform may have done so meanwhile.
            with contextlib.suppress(NotFoundError):
                await revoke_token(
                    platform, token_id=key, actor=PLATFORM, reason="no setting or file names it now"
                )
