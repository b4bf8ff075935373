"""The tokens of this machine's people at each start, also while the store is away."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from tagent_platform.core.records import TokenRecord, TokenRole
from tagent_platform.ports.store import StoreUnavailableError
from tagent_platform.usecases.let_in_people import (
    CONFIGURED,
    LOCAL,
    STORE_AWAY_MAX_S,
    let_in_people,
)
from tests.fakes.full_store import FullStore
from tests.fakes.house import House

FIRST = {TokenRole.ADMIN: "a" * 30, TokenRole.VIEWER: "v" * 30}
SECOND = {TokenRole.ADMIN: "b" * 30}


def known(house: House) -> set[str]:
    return {found.record.digest for found in house.store.all(TokenRecord).values()}


def digests(tokens: dict[TokenRole, str]) -> set[str]:
    return {hashlib.sha256(token.encode()).hexdigest() for token in tokens.values()}


async def test_who_is_named_is_let_in_once_and_who_is_not_named_any_more_is_not() -> None:
    house = House()
    for _ in range(2):
        await let_in_people(house.platform, tokens=FIRST, origin=LOCAL)
    assert known(house) == digests(FIRST)
    await let_in_people(house.platform, tokens=SECOND, origin=CONFIGURED)
    assert known(house) == digests(SECOND)
    assert (await house.kinds()).count("token.minted") == 3


async def test_a_store_that_is_away_for_a_moment_is_waited_for() -> None:
    store = FullStore()
    house = House(store)
    store.is_full = True
    start = asyncio.ensure_future(let_in_people(house.platform, tokens=FIRST, origin=LOCAL))
    await house.clock.advance(STORE_AWAY_MAX_S / 2)
    assert not start.done()
    store.is_full = False
    await house.clock.advance(1)
    await start
    assert known(house) == digests(FIRST)


async def test_a_store_that_stays_away_is_given_up() -> None:
    store = FullStore()
    house = House(store)
    store.is_full = True
    start = asyncio.ensure_future(let_in_people(house.platform, tokens=FIRST, origin=LOCAL))
    await house.clock.advance(STORE_AWAY_MAX_S + 1)
    with pytest.raises(StoreUnavailableError, match="disk is full"):
        await start
