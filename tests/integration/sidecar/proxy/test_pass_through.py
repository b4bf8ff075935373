"""Without a fault nothing is added, dropped or reordered, whatever the conversation looks like."""

from __future__ import annotations

import asyncio

import pytest

from tests.fakes.raw_service import answering, house_of, read_request, request_of, response_of

pytestmark = pytest.mark.integration

HELLO = response_of(b"hello", b"Server: toy")


async def test_one_request_and_its_answer_pass_byte_for_byte() -> None:
    heard: list[bytes] = []
    async with house_of(answering(HELLO, heard)) as house:
        request = request_of(b"/a?b=c", b"X-Odd:  kept as it is ")
        assert await house.ask(request) == HELLO
        assert heard == [request]


async def test_many_requests_share_one_connection_to_the_service() -> None:
    connections = 0
    respond = answering(HELLO)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await respond(reader, writer)

    async with house_of(handle) as house:
        caller = await house.call()
        for _ in range(20):
            caller.say(request_of())
            assert await caller.hear_response() == HELLO
        assert connections == 1


async def test_no_connection_is_opened_to_the_service_before_a_request() -> None:
    opened = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.set()
        await answering(HELLO)(reader, writer)

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(b"GET / HTTP/1.1\r\n")
        await asyncio.sleep(0.05)
        assert not opened.is_set()
        caller.say(b"\r\n")
        assert await caller.hear_response() == HELLO


async def test_pipelined_requests_are_answered_in_order() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await read_request(reader)
            path = request.split(b" ")[1]
            await asyncio.sleep(0.01 if path == b"/0" else 0)
            writer.write(response_of(path + request.partition(b"\r\n\r\n")[2]))

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(
            b"".join(
                request_of(b"/%d" % n, method=b"POST", body=b"x" * n)
                if n % 3
                else request_of(b"/%d" % n)
                for n in range(50)
            )
        )
        for n in range(50):
            response = await caller.hear_response()
            assert response.endswith(b"\r\n\r\n/%d" % n + (b"x" * n if n % 3 else b""))


async def test_a_chunked_request_with_extensions_and_trailers_passes() -> None:
    body = b'4;name="v"\r\nwiki\r\n5\r\npedia\r\n0\r\nX-Sum: 1\r\n\r\n'
    request = (
        b"POST /up HTTP/1.1\r\nHost: toy\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
        + body
    )
    heard: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readexactly(len(request)))
        writer.write(HELLO)
        heard.append(await read_request(reader))
        writer.write(HELLO)

    async with house_of(handle) as house:
        caller = await house.call()
        for at in range(len(request)):
            caller.say(request[at : at + 1])
            await asyncio.sleep(0)
        assert await caller.hear_response() == HELLO
        caller.say(request_of(b"/next"))
        assert await caller.hear_response() == HELLO
        assert heard == [request, request_of(b"/next")]


async def test_a_chunked_response_passes_and_the_connection_goes_on() -> None:
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nEtag: z\r\n\r\n"
    )
    async with house_of(answering(chunked)) as house:
        caller = await house.call()
        for _ in range(3):
            caller.say(request_of())
            assert await caller.hear(len(chunked)) == chunked
        assert house.recorder.requests == 3


async def test_a_response_that_ends_with_the_connection_passes_whole() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.0 200 OK\r\n\r\npart one, ")
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.write(b"part two")

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(request_of())
        assert await caller.hear_all() == b"HTTP/1.0 200 OK\r\n\r\npart one, part two"
        assert house.recorder.take_window(1e9).errors == {}


@pytest.mark.parametrize(
    ("method", "response"),
    [
        (b"HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"),
        (b"HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        (b"GET", b"HTTP/1.1 204 No Content\r\n\r\n"),
        (b"GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 1000\r\n\r\n"),
        (b"OPTIONS", b"HTTP/1.1 204 No Content\r\nAllow: GET\r\n\r\n"),
    ],
)
async def test_responses_without_a_body_end_at_their_head(method: bytes, response: bytes) -> None:
    async with house_of(answering(response)) as house:
        caller = await house.call()
        for _ in range(3):
            caller.say(request_of(method=method))
            assert await caller.hear(len(response)) == response
        assert house.recorder.in_flight == 0


async def test_expect_100_continue_is_played_to_its_end() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(5)
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + response_of(body))
        assert await reader.read() == b""

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(
            b"PUT / HTTP/1.1\r\nHost: toy\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n"
        )
        assert await caller.hear_until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        caller.say(b"12345")
        assert (await caller.hear_until(b"\r\n\r\n")).startswith(b"HTTP/1.1 103")
        assert await caller.hear_response() == response_of(b"12345")
        assert house.recorder.requests == 1


async def test_an_upgrade_becomes_a_tunnel_both_ways() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\nhi"
        )
        while data := await reader.read(100):
            writer.write(data.upper())
        writer.write(b"bye")

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(request_of(b"/ws", b"Connection: Upgrade", b"Upgrade: echo") + b"early ")
        assert (await caller.hear_until(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
        assert await caller.hear(8) == b"hiEARLY "
        caller.say(b"GET \0\n not http at all")
        assert await caller.hear(22) == b"GET \0\n NOT HTTP AT ALL"
        caller.end()
        assert await caller.hear_all() == b"bye"
        assert house.recorder.in_flight == 0


async def test_connect_becomes_a_tunnel_when_it_is_granted() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.write(await reader.readexactly(4))

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(b"CONNECT far:1 HTTP/1.1\r\nHost: far:1\r\n\r\n")
        await caller.hear_until(b"\r\n\r\n")
        caller.say(b"\0\1\2\3")
        assert await caller.hear_all() == b"\0\1\2\3"


async def test_events_are_not_held_back_in_a_stream() -> None:
    step = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for n in range(5):
            writer.write(b"9\r\ndata: %d\n\n\r\n" % n)
            await step.wait()
            step.clear()
        writer.write(b"0\r\n\r\n")

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(request_of(b"/events"))
        await caller.hear_until(b"\r\n\r\n")
        for n in range(5):
            assert await caller.hear_until(b"\n\n\r\n") == b"9\r\ndata: %d\n\n\r\n" % n
            assert house.recorder.in_flight == 1
            step.set()
        assert await caller.hear(5) == b"0\r\n\r\n"


async def test_a_caller_that_ends_its_sending_still_gets_its_answer() -> None:
    seen: list[bytes] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(await reader.read())
        await asyncio.sleep(0.02)
        writer.write(HELLO)

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(request_of(b"/1"))
        caller.end()
        assert await caller.hear_all() == HELLO
        assert seen == [request_of(b"/1")]


async def test_pipelined_requests_before_the_end_of_sending_are_all_answered() -> None:
    async with house_of(answering(HELLO)) as house:
        caller = await house.call()
        caller.say(request_of() * 3)
        caller.end()
        assert await caller.hear_all() == HELLO * 3


async def test_a_connection_that_the_service_closes_when_idle_is_closed_for_the_caller() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(HELLO)
        await asyncio.sleep(0.02)

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(request_of())
        assert await caller.hear_all() == HELLO
        assert house.recorder.take_window(1e9).errors == {}


async def test_what_the_service_says_before_an_idle_close_passes() -> None:
    goodbye = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n"

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(HELLO)
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.write(goodbye)

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(request_of())
        assert await caller.hear_all() == HELLO + goodbye


async def test_an_early_answer_to_an_upload_passes_and_the_upload_goes_on() -> None:
    received = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal received
        await reader.readuntil(b"\r\n\r\n")
        writer.write(HELLO)
        received = len(await reader.readexactly(1000))
        await answering(HELLO)(reader, writer)

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(b"POST / HTTP/1.1\r\nHost: toy\r\nContent-Length: 1000\r\n\r\n" + b"x" * 400)
        assert await caller.hear_response() == HELLO
        caller.say(b"x" * 600 + request_of(b"/next"))
        assert await caller.hear_response() == HELLO
        assert received == 1000


async def test_methods_that_nobody_has_heard_of_pass() -> None:
    heard: list[bytes] = []
    async with house_of(answering(HELLO, heard)) as house:
        for method in (b"BREW", b"M-SEARCH", b"get", b"PROPFIND"):
            assert await house.ask(request_of(method=method)) == HELLO
        assert len(heard) == 4


async def test_a_tunnel_that_the_service_ends_first_is_closed_when_the_caller_ends_too() -> None:
    over = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\nthat is all")
        writer.write_eof()
        assert await reader.read() == b"thanks"
        over.set()

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(request_of(b"/ws", b"Connection: Upgrade", b"Upgrade: x"))
        await caller.hear_until(b"\r\n\r\n")
        assert await caller.hear_all() == b"that is all"
        caller.say(b"thanks")
        caller.end()
        await asyncio.wait_for(over.wait(), 10)
        async with asyncio.timeout(10):
            while house.recorder.connections:
                await asyncio.sleep(0.005)


async def test_a_slow_upload_is_not_a_slow_service() -> None:
    async with house_of(answering(HELLO)) as house:
        caller = await house.call()
        caller.say(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
        await asyncio.sleep(0.3)
        caller.say(b"cd")
        assert await caller.hear_response() == HELLO
        window = house.recorder.take_window(1e9)
        assert window.first_byte.sum_ms < 200
        assert window.whole.sum_ms >= 299


async def test_an_empty_line_too_many_behind_a_response_disturbs_nothing() -> None:
    async with house_of(answering(HELLO + b"\r\n")) as house:
        caller = await house.call()
        for _ in range(3):
            caller.say(request_of())
            assert await caller.hear_response() == HELLO
            assert await caller.hear(2) == b"\r\n"
        assert house.recorder.requests == 3
