"""When the service or the caller fails, the other side is told the truth, and it is counted."""

from __future__ import annotations

import asyncio

import pytest

from tagent_contract.reports import ErrorClass
from tests.fakes.raw_service import (
    Caller,
    House,
    answering,
    house_of,
    read_request,
    request_of,
    reset_by_peer,
    response_of,
)

pytestmark = pytest.mark.integration

HELLO = response_of(b"hello")


def errors(house: House) -> dict[ErrorClass, int]:
    return house.recorder.take_window(1e9).errors


async def settled(house: House) -> None:
    """Wait until no connection is left."""
    async with asyncio.timeout(10):
        while house.recorder.connections or house.recorder.in_flight:
            await asyncio.sleep(0.005)


async def test_a_service_that_refuses_is_a_502() -> None:
    async with house_of(None) as house:
        caller = await house.call()
        caller.say(request_of())
        answer = await caller.hear_all()
        assert answer.startswith(b"HTTP/1.1 502 Bad Gateway\r\n")
        assert answer.endswith(b"the service refuses connections\n")
        assert errors(house) == {ErrorClass.CONNECT: 1}


async def test_the_502_to_a_head_request_has_no_body() -> None:
    async with house_of(None) as house:
        caller = await house.call()
        caller.say(request_of(method=b"HEAD"))
        assert (await caller.hear_all()).endswith(b"\r\n\r\n")


async def test_a_service_that_dies_before_its_answer_is_a_502() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(request_of())
        assert (await caller.hear_all()).startswith(b"HTTP/1.1 502")
        assert errors(house) == {ErrorClass.RESET: 1}


async def test_a_reused_connection_that_closes_unanswered_is_closed_as_the_service_did() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(HELLO)
        await read_request(reader)

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(request_of())
        assert await caller.hear_response() == HELLO
        caller.say(request_of())
        assert await caller.hear_all() == b""
        assert errors(house) == {ErrorClass.RESET: 1}


@pytest.mark.parametrize(
    "begin",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
    ],
)
@pytest.mark.parametrize("is_reset", [False, True])
async def test_a_service_that_dies_in_its_answer_cuts_it_for_the_caller(
    begin: bytes, is_reset: bool
) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(begin)
        await writer.drain()
        await asyncio.sleep(0.02)
        if is_reset:
            reset_by_peer(writer)

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(request_of())
        assert await caller.hear_all() == begin
        window = house.recorder.take_window(1e9)
        assert window.errors == {ErrorClass.CUT: 1}
        assert window.cut_streams == 1


async def test_a_response_without_a_length_that_is_reset_never_looks_whole() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nhalf of ")
        await writer.drain()
        await asyncio.sleep(0.02)
        reset_by_peer(writer)

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(request_of())
        await caller.hear_until(b"half of ")
        assert await caller.was_reset()
        assert errors(house) == {ErrorClass.CUT: 1}


async def test_a_caller_that_leaves_in_its_upload_takes_the_service_s_connection_along() -> None:
    gone = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        try:
            await reader.readexactly(1000)
        except (OSError, asyncio.IncompleteReadError):
            gone.set()

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(b"POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\nfirst part")
        await asyncio.sleep(0.02)
        caller.close()
        await asyncio.wait_for(gone.wait(), 10)
        await settled(house)
        assert errors(house) == {}


async def test_a_caller_that_is_reset_while_it_waits_takes_the_service_s_connection_along() -> None:
    gone = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        try:
            await reader.readexactly(1)
        except (OSError, asyncio.IncompleteReadError):
            gone.set()

    async with house_of(handle, abandoned_after_s=0.0) as house:
        caller = await house.call()
        caller.say(request_of())
        await asyncio.sleep(0.02)
        reset_by_peer(caller.writer)
        await asyncio.wait_for(gone.wait(), 10)
        await settled(house)
        assert errors(house) == {ErrorClass.TIMEOUT: 1}


@pytest.mark.parametrize(
    "rubbish",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 2OO OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000,
    ],
)
async def test_a_malformed_response_is_a_502(rubbish: bytes) -> None:
    async with house_of(answering(rubbish)) as house:
        caller = await house.call()
        caller.say(request_of())
        assert (await caller.hear_all()).startswith(b"HTTP/1.1 502")
        assert errors(house) == {ErrorClass.MALFORMED: 1}


async def test_a_head_that_the_service_does_not_end_is_a_502() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(request_of())
        assert (await caller.hear_all()).startswith(b"HTTP/1.1 502")
        assert errors(house) == {ErrorClass.MALFORMED: 1}


async def test_broken_chunks_pass_until_the_close_and_count_as_malformed() -> None:
    begin = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(begin)
        await writer.drain()
        await asyncio.sleep(0.02)
        writer.write(b"rubbish\r\nand more")

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(request_of())
        assert await caller.hear_all() == begin + b"rubbish\r\nand more"
        assert errors(house) == {ErrorClass.MALFORMED: 1}


async def test_a_5xx_of_the_service_passes_and_is_counted() -> None:
    sick = response_of(b"oh", status=b"503 Service Unavailable")
    async with house_of(answering(sick)) as house:
        assert await house.ask(request_of()) == sick
        assert await house.ask(request_of(method=b"POST", body=b"x")) == sick
        window = house.recorder.take_window(1e9)
        assert (window.requests, window.errors) == (2, {ErrorClass.STATUS_5XX: 2})
        assert sum(window.first_byte.counts.values()) == sum(window.whole.counts.values()) == 2


async def test_an_error_is_not_counted_against_the_next_answer() -> None:
    sick = response_of(b"oh", status=b"503 Service Unavailable")

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        for part in (sick[:20], sick[20:]):
            writer.write(part)
            await asyncio.sleep(0.02)
        await read_request(reader)
        for part in (HELLO[:20], HELLO[20:]):
            writer.write(part)
            await asyncio.sleep(0.02)

    async with house_of(handle) as house:
        caller = await house.call()
        for answer in (sick, HELLO):
            caller.say(request_of())
            assert await caller.hear_response() == answer
        assert errors(house) == {ErrorClass.STATUS_5XX: 1}


async def test_a_caller_s_last_request_is_answered_by_a_service_that_closes_after_an_upload_s_half() -> (
    None
):
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(10)
        writer.write(response_of(b"too much", status=b"413 Content Too Large"))
        writer.write_eof()
        await asyncio.sleep(0.05)

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(b"POST / HTTP/1.1\r\nContent-Length: 1000\r\n\r\n" + b"x" * 10)
        assert (await caller.hear_all()).endswith(b"too much")


async def still_there(caller: Caller) -> bool:
    caller.say(request_of())
    return await caller.hear_response() == HELLO


async def test_stop_lets_a_request_in_flight_end_and_closes_idle_connections() -> None:
    release = asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await read_request(reader)
            if b"/slow" in request:
                await release.wait()
            writer.write(HELLO)

    async with house_of(handle) as house:
        idle, busy = await house.call(), await house.call()
        assert await still_there(idle)
        busy.say(request_of(b"/slow"))
        await asyncio.sleep(0.05)
        stopping = asyncio.ensure_future(house.proxy.stop(5.0))
        assert await idle.hear_all() == b""
        with pytest.raises(ConnectionRefusedError):
            await house.call()
        release.set()
        assert await busy.hear_all() == HELLO
        await asyncio.wait_for(stopping, 10)


async def test_stop_aborts_what_does_not_end_within_the_grace() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        await asyncio.sleep(60)

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(request_of())
        await asyncio.sleep(0.05)
        await asyncio.wait_for(house.proxy.stop(0.05), 10)
        assert await caller.hear_all() == b""
        assert house.recorder.in_flight == house.recorder.connections == 0
