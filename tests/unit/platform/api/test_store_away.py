"""What callers are told while the store can be read but not written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.fakes.api import Api
from tests.fakes.full_store import FullStore
from tests.fakes.house import House


@pytest.fixture
async def full() -> AsyncIterator[Api]:
    """An application that knows a service, and then its disk is full."""
    store = FullStore()
    async with Api(House(store)) as api:
        await api.mint("sidecar", "chat")
        await api.house.registered()
        store.is_full = True
        yield api


@pytest.mark.parametrize(
    ("method", "path", "request_"),
    [
        ("POST", "/api/v1/services/chat/faults", {"json": {"type": "latency"}}),
        (
            "POST",
            "/api/v1/services/chat/faults",
            {"json": {"type": "latency"}, "headers": {"idempotency-key": "one"}},
        ),
        ("PUT", "/api/v1/halt", {"json": {"reason": "stop"}}),
    ],
)
async def test_what_cannot_be_kept_is_refused_with_when_to_come_back(
    full: Api, method: str, path: str, request_: dict[str, Any]
) -> None:
    answer = await full.ask(method, path, **request_)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["type"] == "urn:tagent:problem:unavailable"
    assert "disk is full" in answer.json()["detail"]


async def test_a_report_that_cannot_be_kept_is_the_sidecars_to_keep(full: Api) -> None:
    answer = await full.report(full.house.sidecar("chat-2"))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


async def test_what_is_known_can_be_looked_at_all_the_same(full: Api) -> None:
    assert (await full.get("/api/v1/services/chat")).status_code == 200
    assert (await full.get("/api/v1/whoami")).status_code == 200


async def test_a_request_that_failed_uses_up_no_key(full: Api) -> None:
    key = {"idempotency-key": "one"}
    path = "/api/v1/services/chat/faults"
    await full.post(path, json={"type": "latency"}, headers=key)
    assert isinstance(full.house.store, FullStore)
    full.house.store.is_full = False
    answer = await full.post(path, json={"type": "latency"}, headers=key)
    assert answer.status_code == 201
