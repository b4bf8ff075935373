"""Silence, crowds and large bodies: time and memory stay bounded."""

from __future__ import annotations

import asyncio
import resource
import socket

import pytest

from tests.fakes.raw_service import answering, house_of, read_request, request_of, response_of

pytestmark = pytest.mark.integration

HELLO = response_of(b"hello")
LARGE = 2**30


async def test_a_connection_that_says_nothing_is_closed() -> None:
    async with house_of(answering(HELLO), head_timeout_s=0.1) as house:
        caller = await house.call()
        assert await caller.hear_all() == b""


async def test_a_head_that_does_not_end_in_time_is_answered_408() -> None:
    async with house_of(answering(HELLO), head_timeout_s=0.1) as house:
        caller = await house.call()
        caller.say(b"GET / HTTP/1.1\r\nHost")
        assert (await caller.hear_all()).startswith(b"HTTP/1.1 408 ")
        assert house.recorder.rejected == 1


async def test_a_connection_that_was_used_may_be_idle_for_longer() -> None:
    async with house_of(answering(HELLO), head_timeout_s=0.1, idle_timeout_s=0.5) as house:
        caller = await house.call()
        for _ in range(2):
            caller.say(request_of())
            assert await caller.hear_response() == HELLO
            await asyncio.sleep(0.25)
        assert await caller.hear_all() == b""


async def test_a_slow_answer_is_waited_for() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await asyncio.sleep(0.4)
        writer.write(HELLO)

    async with house_of(handle, head_timeout_s=0.1, idle_timeout_s=0.1) as house:
        assert await house.ask(request_of()) == HELLO


async def test_more_connections_than_allowed_are_turned_away_and_counted() -> None:
    async with house_of(answering(HELLO), connections_max=2) as house:
        first, second = await house.call(), await house.call()
        for caller in (first, second):
            caller.say(request_of())
            assert await caller.hear_response() == HELLO
        third = await house.call()
        third.say(request_of())
        with pytest.raises((OSError, asyncio.IncompleteReadError)):
            await third.hear_response()
        assert house.recorder.rejected == 1
        first.close()
        async with asyncio.timeout(10):
            while house.recorder.connections > 1:
                await asyncio.sleep(0.005)
        assert await house.ask(request_of()) == HELLO


async def test_thousands_of_silent_connections_cost_little_memory() -> None:
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    crowd = min(4000, (soft - 300) // 2)
    socks = []
    async with house_of(answering(HELLO), connections_max=20_000) as house:
        loop = asyncio.get_running_loop()
        before = _rss_bytes()
        try:
            for _ in range(crowd):
                sock = socket.socket()
                sock.setblocking(False)
                socks.append(sock)
                await loop.sock_connect(sock, house.proxy.address)
            async with asyncio.timeout(10):
                while house.recorder.connections < min(crowd, (soft - 256) // 2):
                    await asyncio.sleep(0.01)
            assert (_rss_bytes() - before) / crowd < 8 * 1024
        finally:
            for sock in socks:
                sock.close()


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_large_response_to_a_slow_reader_does_not_grow_memory(chunked: bool) -> None:
    piece = b"x" * 65_536

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        if chunked:
            writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % LARGE)
        for _ in range(LARGE // len(piece)):
            writer.write(b"10000\r\n" + piece + b"\r\n" if chunked else piece)
            await writer.drain()
        writer.write(b"0\r\n\r\n" if chunked else b"")

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(request_of())
        await caller.hear_until(b"\r\n\r\n")
        await asyncio.sleep(0.3)
        before = _rss_bytes()
        received = 0
        while received < LARGE:
            received += len(await asyncio.wait_for(caller.reader.read(2**20), 10))
        assert _rss_bytes() - before < 20 * 2**20
        assert house.recorder.bytes_out >= LARGE


async def test_a_large_upload_to_a_slow_service_does_not_grow_memory() -> None:
    received = asyncio.get_running_loop().create_future()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.3)
        total = 0
        while total < LARGE:
            total += len(await reader.read(2**20))
        received.set_result(total)
        writer.write(HELLO)

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % LARGE)
        before = _rss_bytes()
        piece = b"x" * 65_536
        for _ in range(LARGE // len(piece)):
            caller.say(piece)
            await caller.writer.drain()
        assert await caller.hear_response() == HELLO
        assert await received == LARGE
        assert _rss_bytes() - before < 20 * 2**20


def _rss_bytes() -> int:
    with open("/proc/self/statm") as statm:  # noqa: PTH123 - the shortest way
        return int(statm.read().split()[1]) * resource.getpagesize()
