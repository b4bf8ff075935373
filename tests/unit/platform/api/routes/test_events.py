from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tagent_contract import wire
from tagent_contract.events import Event
from tests.fakes.api import Api


class Reader:
    """Reads a stream as a server would send it, part by part, for as long as the test wants."""

    def __init__(self, api: Api, query: str = "", headers: dict[str, str] | None = None) -> None:
        self.api = api
        self.status = 0
        self.received = b""
        self.news = asyncio.Event()
        self.left = asyncio.Event()
        said = {"authorization": f"Bearer {api.tokens['viewer']}", **(headers or {})}
        self.scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": "/api/v1/events/stream",
            "raw_path": b"/api/v1/events/stream",
            "root_path": "",
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in said.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
        }

    async def run(self) -> None:
        await self.api.app(self.scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        self.status = message.get("status", self.status)
        self.received += message.get("body", b"")
        self.news.set()

    async def events(self, count: int) -> list[Event]:
        """Wait until so many events have come."""
        async with asyncio.timeout(5):
            while self.received.count(b"data: ") < count:
                self.news.clear()
                await self.news.wait()
        lines = self.received.split(b"\n")
        return [wire.decode(line[6:], Event) for line in lines if line.startswith(b"data: ")]


async def test_events_are_listed_in_order_and_go_on_from_a_cursor(api: Api) -> None:
    await api.house.registered()
    first = (await api.get("/api/v1/events?limit=2", as_role="viewer")).json()
    rest = (await api.get("/api/v1/events", params={"after": first["next"]})).json()
    kinds = [event["type"] for event in first["items"] + rest["items"]]
    assert kinds == await api.house.kinds()
    assert rest["next"] is None


async def test_the_newest_come_first_when_asked_for_and_lead_back_to_the_oldest(api: Api) -> None:
    await api.house.registered()
    logged = [event.cursor for event in await api.house.events()]
    read: list[str] = []
    query = {"order": "newest", "limit": "2"}
    while True:
        found = (await api.get("/api/v1/events", params=query, as_role="viewer")).json()
        read += [event["cursor"] for event in found["items"]]
        if found["next"] is None:
            break
        query["before"] = found["next"]
    assert read == logged[::-1]


async def test_events_are_filtered_by_service_type_and_actor(api: Api) -> None:
    await api.house.registered()
    await api.house.registered("demo-1", "demo")
    await api.ask("PUT", "/api/v1/halt", json={"reason": "enough"}, as_role="operator")

    async def types(**query: str) -> set[str]:
        found = await api.get("/api/v1/events", params=query, as_role="viewer")
        return {f"{event['service']} {event['type']}" for event in found.json()["items"]}

    assert await types(type="halt.") == {" halt.set"}
    assert await types(type="instance.", service="demo") == {"demo instance.registered"}
    assert await types(actor="operator") == {" halt.set"}
    assert await types(actor="nobody") == set()


async def test_an_order_that_is_none_is_named(api: Api) -> None:
    answer = await api.get("/api/v1/events", params={"order": "best"})
    assert (answer.status_code, answer.json()["field"]) == (422, "order")


async def test_a_cursor_of_nobody_is_named(api: Api) -> None:
    answer = await api.get("/api/v1/events", params={"before": "nobodys"})
    assert (answer.status_code, answer.json()["field"]) == (422, "before")
    for path in ("/api/v1/events", "/api/v1/events/stream"):
        answer = await api.get(path, params={"after": "nobodys"})
        assert (answer.status_code, answer.json()["field"]) == (422, "after")


async def test_a_stream_without_a_cursor_tells_what_happens_from_now_on(api: Api) -> None:
    await api.house.registered("old-1", "old")
    reader = Reader(api)
    async with asyncio.TaskGroup() as group:
        group.create_task(reader.run())
        while b": still here" not in reader.received:
            await asyncio.sleep(0)
        await api.house.registered("new-1", "new")
        [event, *_] = await reader.events(1)
        reader.left.set()
    assert event.service == "new"
    assert f"id: {event.cursor}\nevent: {event.type}\n".encode() in reader.received
    assert reader.status == 200


async def test_a_stream_resumes_after_the_last_event_its_reader_had(api: Api) -> None:
    await api.house.registered()
    logged = await api.house.events()
    reader = Reader(api, headers={"last-event-id": logged[1].cursor}, query="after=memory.0")
    async with asyncio.TaskGroup() as group:
        group.create_task(reader.run())
        assert await reader.events(len(logged) - 2) == logged[2:]
        reader.left.set()


async def test_a_silent_stream_is_kept_open_by_comments_and_ends_with_the_platform() -> None:
    async with Api(heartbeat_interval_s=0.0) as api:
        reader = Reader(api)
        async with asyncio.TaskGroup() as group:
            group.create_task(reader.run())
            while reader.received.count(b": still here\n\n") < 3:
                await asyncio.sleep(0)
            assert api.context.streams.taken == 1
            api.context.stopping.set()
        assert api.context.streams.taken == 0


async def test_more_streams_than_there_is_room_for_are_refused() -> None:
    async with Api(streams_max=0) as api:
        answer = await api.get("/api/v1/events/stream")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")


@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v1/events/stream"])
async def test_events_are_not_for_sidecars(api: Api, path: str) -> None:
    await api.mint("sidecar", "chat")
    assert (await api.get(path, as_role="chat")).status_code == 403
