"""No answer knows less than what the caller was told before."""

from __future__ import annotations

import asyncio

import pytest

from tagent_contract.freshness import AFTER_HEADER, VERSION_HEADER, version_text
from tagent_contract.plan import CONFIRMED_AGE_HEADER
from tagent_platform.core.records import ServiceRecord
from tagent_platform.ports.store import Change
from tests.fakes.api import Api


async def test_an_answer_names_the_newest_commit_and_how_long_ago_it_was_confirmed(
    api: Api,
) -> None:
    store = api.house.store
    commit = await store.commit([Change(ServiceRecord, "chat", ServiceRecord(name="chat"), 0)])
    answer = await api.get("/api/v1/services")
    assert answer.headers[VERSION_HEADER] == version_text(store.epoch, commit)
    assert float(answer.headers[CONFIRMED_AGE_HEADER]) >= 0


async def test_a_request_after_a_commit_that_is_not_known_yet_waits_for_it(api: Api) -> None:
    store = api.house.store
    next_commit = await store.changed(-1) + 1
    headers = {AFTER_HEADER: version_text(store.epoch, next_commit)}
    asked = asyncio.ensure_future(api.get("/api/v1/services/chat", headers=headers))
    await asyncio.sleep(0)
    await store.commit([Change(ServiceRecord, "chat", ServiceRecord(name="chat"), 0)])
    assert (await asked).status_code == 200


@pytest.mark.parametrize("after", ["", "elsewhere.99", "nonsense", "memory.-1"])
async def test_a_version_of_another_store_is_not_waited_for(api: Api, after: str) -> None:
    answer = await api.get("/api/v1/services", headers={AFTER_HEADER: after})
    assert answer.status_code == 200
