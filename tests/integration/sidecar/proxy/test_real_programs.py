"""Real servers behind the proxy and real clients before it: what they agree on among themselves, they agree on through us."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import httpx
import pytest
import uvicorn

from tagent_contract.faults import Latency
from tests.fakes.raw_service import House, house_before

pytestmark = pytest.mark.integration


async def app(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Echo bodies, stream events."""
    assert scope["type"] == "http"
    if scope["path"] == "/events":
        kind = (b"content-type", b"text/event-stream")
        await send({"type": "http.response.start", "status": 200, "headers": [kind]})
        for n in range(5):
            event = f"data: {n}\n\n".encode()
            await send({"type": "http.response.body", "body": event, "more_body": True})
            await asyncio.sleep(0.01)
        await send({"type": "http.response.body"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    more = True
    while more:
        message = await receive()
        more = message.get("more_body", False)
        await send(
            {"type": "http.response.body", "body": message.get("body", b""), "more_body": more}
        )


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """A proxy before uvicorn, which runs in a thread of its own."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        async with asyncio.timeout(10):
            while not server.started:
                await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        async with house_before(port) as house:
            yield house
    finally:
        server.should_exit = True
        await asyncio.to_thread(thread.join)


def client_of(house: House) -> httpx.AsyncClient:
    host, port = house.proxy.address
    return httpx.AsyncClient(base_url=f"http://{host}:{port}", timeout=10, verify=False)


async def test_a_client_library_sends_and_receives_bodies_of_every_kind(house: House) -> None:
    async def parts() -> AsyncIterator[bytes]:
        for n in range(50):
            yield b"%d," % n * 100

    whole = b"".join([part async for part in parts()])
    async with client_of(house) as client:
        assert (await client.get("/")).content == b""
        assert (await client.post("/", content=b"x" * 100_000)).content == b"x" * 100_000
        assert (await client.put("/", content=parts())).content == whole
        assert (await client.head("/")).status_code == 200
        assert (await client.post("/", json={"a": 1})).json() == {"a": 1}
    assert house.recorder.take_window(1e9).errors == {}


async def test_many_clients_at_once_get_their_own_answers(house: House) -> None:
    async with client_of(house) as client:
        bodies = [b"%d" % n * (n * 37 % 3000) for n in range(150)]
        answers = await asyncio.gather(*[client.post("/", content=body) for body in bodies])
    assert [answer.content for answer in answers] == bodies


async def test_many_clients_at_once_get_their_own_answers_through_a_fault(house: House) -> None:
    house.arm(Latency(latency_ms=20, jitter_ms=20, probability=0.5, seed=1))
    async with client_of(house) as client:
        bodies = [b"%d" % n * (n * 37 % 3000) for n in range(150)]
        answers = await asyncio.gather(*[client.post("/", content=body) for body in bodies])
    assert [answer.content for answer in answers] == bodies
    assert sum(house.counts()) == 150


async def test_events_arrive_one_by_one(house: House) -> None:
    async with client_of(house) as client, client.stream("GET", "/events") as stream:
        lines = [line async for line in stream.aiter_lines() if line]
    assert lines == [f"data: {n}" for n in range(5)]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("option", ["--http1.1", "--http1.0"])
async def test_curl_waits_for_100_continue_and_uploads(house: House, option: str) -> None:
    host, port = house.proxy.address
    process = await asyncio.create_subprocess_exec(
        *("curl", "-sS", option, "--max-time", "10", "-H", "Expect: 100-continue"),
        *("--data-binary", "@-", f"http://{host}:{port}/"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    body = b"0123456789" * 20_000
    output, _ = await process.communicate(body)
    assert (process.returncode, output) == (0, body)
