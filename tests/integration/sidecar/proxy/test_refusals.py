"""What two parties could read differently is refused, before the service sees a byte of it."""

from __future__ import annotations

import asyncio

import pytest

from tests.fakes.raw_service import answering, house_of, read_request, request_of, response_of

pytestmark = pytest.mark.integration

HELLO = response_of(b"hello")
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

SMUGGLING = {
    "both lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "both lengths, other order": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "two different lengths": b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    "the same length twice": b"POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "a list of lengths": b"POST / HTTP/1.1\r\nContent-Length: 3, 3\r\n\r\nabc",
    "a length with a sign": b"POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\nabc",
    "a negative length": b"POST / HTTP/1.1\r\nContent-Length: -3\r\n\r\nabc",
    "a length in hex": b"POST / HTTP/1.1\r\nContent-Length: 0x3\r\n\r\nabc",
    "a length with an underscore": b"POST / HTTP/1.1\r\nContent-Length: 1_0\r\n\r\nabc",
    "an empty length": b"POST / HTTP/1.1\r\nContent-Length:\r\n\r\n",
    "a length beyond all": b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
    "a space before the colon": b"POST / HTTP/1.1\r\nContent-Length : 3\r\n\r\nabc",
    "a tab before the colon": b"POST / HTTP/1.1\r\nTransfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nX: a\r\n b\r\nHost: a\r\n\r\n",
    "a header folded by a tab": b"GET / HTTP/1.1\r\nX: a\r\n\tb\r\nHost: a\r\n\r\n",
    "a space before the first header": b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
    "a space before the method": b" GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "an empty line before the request": b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a bare LF before the request": b"\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a bare LF behind the request line": b"GET / HTTP/1.1\nHost: a\r\n\r\n",
    "a bare LF behind a header": b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
    "a head of bare LF": b"GET / HTTP/1.1\nHost: a\n\n",
    "a head that ends in LF LF": b"GET / HTTP/1.1\r\nHost: a\n\n",
    "a bare CR in a value": b"GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n",
    "CR CR LF": b"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
    "a NUL in a value": b"GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n",
    "a NUL in the target": b"GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
    "a vertical tab in a value": b"POST / HTTP/1.1\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "two spaces in the request line": b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "two spaces before the version": b"GET /  HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space behind the version": b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
    "tabs in the request line": b"GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n",
    "a header without a colon": b"GET / HTTP/1.1\r\nHost\r\n\r\n",
    "a header without a name": b"GET / HTTP/1.1\r\n: a\r\n\r\n",
    "a space in a header's name": b"GET / HTTP/1.1\r\nHo st: a\r\n\r\n",
    "a name beyond ASCII": b"GET / HTTP/1.1\r\nH\xf6st: a\r\n\r\n",
    "a coding that only resembles chunked": b"POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "chunked is not the last coding": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunked twice": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "two coding headers": b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "identity": b"POST / HTTP/1.1\r\nTransfer-Encoding: identity\r\nContent-Length: 1\r\n\r\nx",
    "an empty coding": b"POST / HTTP/1.1\r\nTransfer-Encoding:\r\n\r\n0\r\n\r\n",
    "chunked in quotes": b'POST / HTTP/1.1\r\nTransfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "chunked with a parameter": b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked;a=b\r\n\r\n0\r\n\r\n",
    "a coding in HTTP/1.0": b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a chunk size that is no number": CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n",
    "a chunk size with 0x": CHUNKED + b"0x3\r\nabc\r\n0\r\n\r\n",
    "a chunk size with a sign": CHUNKED + b"+3\r\nabc\r\n0\r\n\r\n",
    "a chunk size with a space": CHUNKED + b"3 \r\nabc\r\n0\r\n\r\n",
    "an empty chunk size": CHUNKED + b"\r\nabc\r\n0\r\n\r\n",
    "a chunk size beyond all": CHUNKED + b"fffffffffffffffff\r\nabc\r\n0\r\n\r\n",
    "a chunk line ending in LF": CHUNKED + b"3\nabc\r\n0\r\n\r\n",
    "a bare CR in a chunk's extension": CHUNKED + b"3;a\rb\r\nabc\r\n0\r\n\r\n",
    "a chunk longer than it says": CHUNKED + b"3\r\nabcd\r\n0\r\n\r\n",
    "a chunk that ends in LF": CHUNKED + b"3\r\nabc\n0\r\n\r\n",
    "a chunk without an end": CHUNKED + b"3\r\nabc0\r\n\r\n",
    "a bad trailer": CHUNKED + b"0\r\nX : y\r\n\r\n",
    "a trailer ending in LF": CHUNKED + b"0\r\nX: y\n\r\n",
}


@pytest.mark.parametrize("raw", SMUGGLING.values(), ids=SMUGGLING.keys())
async def test_a_doubtful_request_is_answered_400_and_nothing_behind_it_is_read(raw: bytes) -> None:
    heard: list[bytes] = []
    async with house_of(answering(HELLO, heard)) as house:
        caller = await house.call()
        caller.say(raw + request_of(b"/smuggled"))
        answer = await caller.hear_all()
        assert answer.startswith(b"HTTP/1.1 400 Bad Request\r\n")
        assert answer.count(b"HTTP/1.1 ") == 1
        assert b"connection: close" in answer
        assert not any(b"smuggled" in request for request in heard)
        window = house.recorder.take_window(1e9)
        assert (window.rejected, window.in_flight, window.errors) == (1, 0, {})


@pytest.mark.parametrize("raw", SMUGGLING.values(), ids=SMUGGLING.keys())
async def test_a_doubtful_request_is_refused_on_a_connection_in_use(raw: bytes) -> None:
    heard: list[bytes] = []
    async with house_of(answering(HELLO, heard)) as house:
        caller = await house.call()
        caller.say(request_of())
        assert await caller.hear_response() == HELLO
        caller.say(raw + request_of(b"/smuggled"))
        assert (await caller.hear_all()).startswith(b"HTTP/1.1 400")
        assert heard == [request_of()]


@pytest.mark.parametrize("raw", SMUGGLING.values(), ids=SMUGGLING.keys())
async def test_a_doubtful_request_is_refused_however_it_is_split(raw: bytes) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(HELLO)
        await reader.read()

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(request_of())
        assert await caller.hear_response() == HELLO
        for at in range(0, len(raw), 3):
            caller.say(raw[at : at + 3])
            await asyncio.sleep(0)
        caller.say(request_of(b"/smuggled"))
        assert (await caller.hear_all()).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"505"),
        (b"GET / HTTP/2.0\r\nHost: a\r\n\r\n", b"505"),
        (b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", b"505"),
        (b"GET /\r\n\r\n", b"400"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 101 + b"\r\n", b"431"),
        (b"GET / HTTP/1.1\r\n" + (b"X: " + b"a" * 10_000 + b"\r\n") * 7 + b"\r\n", b"431"),
        (b"GET / HTTP/1.1\r\n" + (b"X: " + b"a" * 10_000 + b"\r\n") * 7, b"431"),
        (b"GET /" + b"a" * 70_000, b"414"),
    ],
)
async def test_what_is_too_large_or_another_protocol_is_told_so(raw: bytes, status: bytes) -> None:
    async with house_of(answering(HELLO)) as house:
        caller = await house.call()
        caller.say(raw + request_of(b"/smuggled"))
        assert (await caller.hear_all()).split(b" ")[1] == status


async def test_as_many_and_as_long_headers_as_allowed_pass() -> None:
    heard: list[bytes] = []
    async with house_of(answering(HELLO, heard)) as house:
        many = request_of(b"/", *[b"X-%d: %s" % (n, b"v" * 500) for n in range(99)])
        long = request_of(b"/" + b"p" * 16_000)
        assert await house.ask(many) == HELLO
        assert await house.ask(long) == HELLO
        assert heard == [many, long]


async def test_an_answered_request_that_turns_out_wrong_is_not_answered_twice() -> None:
    async with house_of(answering(HELLO)) as house:
        caller = await house.call()
        caller.say(CHUNKED)
        assert await caller.hear_response() == HELLO
        caller.say(b"rubbish\r\n" + request_of(b"/smuggled"))
        assert await caller.hear_all() == b""
        assert house.recorder.rejected == 1


async def test_a_refusal_waits_for_the_answers_before_it() -> None:
    async with house_of(answering(HELLO)) as house:
        caller = await house.call()
        caller.say(request_of() + request_of() + b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n")
        answers = await caller.hear_all()
        assert answers.startswith(HELLO + HELLO + b"HTTP/1.1 400")


async def test_a_refused_caller_that_still_sends_gets_to_read_why() -> None:
    async with house_of(answering(HELLO), linger_s=0.5) as house:
        caller = await house.call()
        caller.say(b"BAD\r\n\r\n")
        for _ in range(50):
            caller.say(b"x" * 10_000)
            await asyncio.sleep(0.001)
        assert (await caller.hear_all()).startswith(b"HTTP/1.1 400")
