"""Who may what: roles and tokens."""

from __future__ import annotations

from typing import Annotated

import msgspec
from fastapi import Request
from starlette.responses import Response

from tagent_contract import wire
from tagent_contract.services import Role, TokenRequest
from tagent_platform.api import examples
from tagent_platform.api.context import Admin, Anyone, ThePlatform
from tagent_platform.api.idempotency import KEPT_BODY
from tagent_platform.api.openapi import answers, body_example, nothing
from tagent_platform.api.parameters import LIMIT_DEFAULT, CursorQuery, LimitQuery, ReasonQuery
from tagent_platform.api.wire import Wire, answer, new_router, no_content, page
from tagent_platform.usecases.list_tokens import list_tokens
from tagent_platform.usecases.mint_token import mint_token
from tagent_platform.usecases.revoke_token import revoke_token

router = new_router("access")

TokenBody = Annotated[
    TokenRequest,
    Wire("TokenRequest"),
    body_example({"name": "chat-service-sidecar", "role": "sidecar", "service": "chat-service"}),
]


@router.get("/whoami", responses=answers(200, "Role", "The token's role.", examples.ROLE))
async def whoami(caller: Anyone) -> Response:
    """Show the name and role of the token that asks."""
    actor = caller.actor
    return answer(Role(name=actor.name, role=actor.role.value, service=actor.service))


@router.post(
    "/tokens",
    status_code=201,
    responses=answers(201, "TokenView", "The token, shown this once.", examples.TOKEN_VIEW),
)
async def mint(
    request: Request, platform: ThePlatform, caller: Admin, wanted: TokenBody
) -> Response:
    """Make a token. It is shown this once; a repetition by Idempotency-Key answers without it."""
    minted = await mint_token(platform, request=wanted, actor=caller.actor)
    request.scope[KEPT_BODY] = wire.encode(msgspec.structs.replace(minted, token=None))
    return answer(minted, 201)


@router.get(
    "/tokens",
    responses=answers(
        200,
        "TokenView[]",
        "Tokens, the newest first, without their secrets.",
        examples.page_of(msgspec.structs.replace(examples.TOKEN_VIEW, token=None)),
    ),
)
async def tokens(
    platform: ThePlatform,
    _: Admin,
    cursor: CursorQuery = None,
    limit: LimitQuery = LIMIT_DEFAULT,
) -> Response:
    """List tokens; nobody can read their secrets any more."""
    found = await list_tokens(platform, cursor=cursor, limit=limit)
    return page(found.items, found.next)


@router.delete("/tokens/{token_id}", status_code=204, responses=nothing((404, 409)))
async def revoke(
    platform: ThePlatform, caller: Admin, token_id: str, reason: ReasonQuery = ""
) -> Response:
    """Revoke a token: from the answer on nobody gets in with it."""
    await revoke_token(platform, token_id=token_id, actor=caller.actor, reason=reason)
    return no_content()
