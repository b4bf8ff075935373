"""List the tokens, without their secrets."""

from __future__ import annotations

from tagent_contract.services import TokenView
from tagent_platform.core.records import TokenRecord
from tagent_platform.usecases.mint_token import view_token
from tagent_platform.usecases.pages import PAGE_LIMIT_DEFAULT, Page, cut_page, newest_first
from tagent_platform.usecases.platform import Platform


async def list_tokens(
    platform: Platform, *, cursor: str | None = None, limit: int = PAGE_LIMIT_DEFAULT
) -> Page[TokenView]:
    """Return the tokens, the newest first. Raises InvalidError for a wrong cursor or limit."""
    records = [versioned.record for versioned in platform.store.all(TokenRecord).values()]
    page = cut_page(
        records, lambda record: newest_first(record.created_at, record.id), cursor, limit
    )
    return Page(tuple(map(view_token, page.items)), page.next)
