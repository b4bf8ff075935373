from __future__ import annotations

import asyncio

import pytest

from tagent_platform.core.records import FaultRecord, ReceiptRecord
from tagent_platform.ports.store import Change
from tests.fakes.api import Api

FAULTS = "/api/v1/services/chat/faults"
KEY = {"idempotency-key": "one"}


async def test_the_same_key_and_body_is_carried_out_once_and_answered_the_same(api: Api) -> None:
    await api.house.registered()
    first = await api.post(FAULTS, json={"type": "latency"}, headers=KEY)
    again = await api.post(FAULTS, json={"type": "latency"}, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert len(api.house.store.all(FaultRecord)) == 1


async def test_of_two_at_once_one_is_carried_out(api: Api) -> None:
    await api.house.registered()
    answers = await asyncio.gather(
        *(api.post(FAULTS, json={"type": "latency"}, headers=KEY) for _ in range(5))
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert len(api.house.store.all(FaultRecord)) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [(FAULTS, {"type": "error"}), ("/inject-fault", {"service": "chat", "type": "latency"})],
)
async def test_a_key_belongs_to_one_request(api: Api, path: str, body: dict[str, str]) -> None:
    await api.house.registered()
    await api.post(FAULTS, json={"type": "latency"}, headers=KEY)
    answer = await api.post(path, json=body, headers=KEY)
    assert (answer.status_code, answer.json()["reason"]) == (409, "idempotency_key_reused")


async def test_keys_of_different_people_are_different_keys(api: Api) -> None:
    await api.house.registered()
    await api.post(FAULTS, json={"type": "latency"}, headers=KEY)
    answer = await api.post(FAULTS, as_role="admin", json={"type": "error"}, headers=KEY)
    assert answer.status_code == 201


async def test_a_refusal_is_answered_again_as_it_was(api: Api) -> None:
    first = await api.post(FAULTS, json={"type": "latency"}, headers=KEY)
    await api.house.registered()
    again = await api.post(FAULTS, json={"type": "latency"}, headers=KEY)
    assert (first.status_code, again.status_code) == (404, 404)
    assert again.headers["content-type"] == "application/problem+json"


async def test_a_body_that_was_not_valid_uses_up_no_key(api: Api) -> None:
    await api.house.registered()
    assert (await api.post(FAULTS, json={}, headers=KEY)).status_code == 422
    assert (await api.post(FAULTS, json={"type": "latency"}, headers=KEY)).status_code == 201


async def test_an_old_receipt_counts_no_more(api: Api) -> None:
    await api.house.registered()
    await api.post(FAULTS, json={"type": "latency"}, headers=KEY)
    await api.house.clock.advance(api.house.limits.receipts_kept_s + 1)
    again = await api.post(FAULTS, json={"type": "error"}, headers=KEY)
    assert "idempotency-replayed" not in again.headers


async def test_whoever_was_interrupted_is_told_so_and_nothing_is_done_twice(api: Api) -> None:
    await api.house.registered()
    await api.post(FAULTS, json={"type": "latency"}, headers=KEY)
    [(key, kept)] = api.house.store.all(ReceiptRecord).items()
    claimed = ReceiptRecord(
        request_digest=kept.record.request_digest, status=0, body="", at=kept.record.at
    )
    await api.house.store.commit([Change(ReceiptRecord, key, claimed, kept.version)])
    again = await api.post(FAULTS, json={"type": "latency"}, headers=KEY)
    assert (again.status_code, again.json()["reason"]) == (409, "changed_meanwhile")


async def test_receipts_are_bounded_and_the_oldest_go() -> None:
    async with Api(receipts_max=3) as api:
        for number in range(6):
            await api.house.clock.advance(1.0)
            await api.post(
                FAULTS, json={"type": "latency"}, headers={"idempotency-key": f"key {number}"}
            )
        assert len(api.house.store.all(ReceiptRecord)) <= 3


async def test_no_receipt_holds_a_tokens_secret(api: Api) -> None:
    body = {"name": "ben", "role": "viewer"}
    first = await api.post("/api/v1/tokens", as_role="admin", json=body, headers=KEY)
    again = await api.post("/api/v1/tokens", as_role="admin", json=body, headers=KEY)
    assert first.json()["token"] is not None
    assert again.json() == {**first.json(), "token": None}
    [kept] = api.house.store.all(ReceiptRecord).values()
    assert first.json()["token"] not in kept.record.body


@pytest.mark.parametrize("key", ["", "x" * 201])
async def test_a_key_has_its_length(api: Api, key: str) -> None:
    answer = await api.post(FAULTS, json={"type": "latency"}, headers={"idempotency-key": key})
    assert (answer.status_code, answer.json()["field"]) == (422, "idempotency-key")
