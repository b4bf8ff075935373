"""The HTTP and TCP checks against real sockets that behave well, badly and not at all."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import pytest

from tagent_sidecar.checks.http_check import REST_WAIT_S, HttpCheck
from tagent_sidecar.checks.tcp_check import TcpCheck
from tagent_sidecar.health.check_result import CheckOutcome, CheckResult, Side

pytestmark = pytest.mark.integration

Behaviour = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(behave: Behaviour) -> AsyncIterator[int]:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await behave(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def answering(*pieces: bytes, pause_s: float = 0.0) -> Behaviour:
    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        for piece in pieces:
            await asyncio.sleep(pause_s)
            writer.write(piece)
            await writer.drain()

    return behave


async def look(behave: Behaviour, timeout_s: float = 5.0) -> CheckResult:
    async with serving(behave) as port:
        return await HttpCheck(Side.INSIDE, "127.0.0.1", port, "/healthz").look(timeout_s)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize(
    ("pieces", "outcome", "detail"),
    [
        ([b"HTTP/1.1 200 OK\r\n\r\n"], CheckOutcome.PASSED, ""),
        ([b"HTTP/1.0 204 \r\n\r\n"], CheckOutcome.PASSED, ""),
        ([b"HTTP/1.1 302 Found\r\n\r\n"], CheckOutcome.PASSED, ""),
        ([b"HT", b"TP/1.1 2", b"00 OK\r", b"\n\r\n"], CheckOutcome.PASSED, ""),
        (
            [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"],
            CheckOutcome.PASSED,
            "",
        ),
        (
            [b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 503 No\r\n\r\n"],
            CheckOutcome.BAD_ANSWER,
            "answered 503",
        ),
        ([b"HTTP/1.1 404 Not Found\r\n\r\n"], CheckOutcome.BAD_ANSWER, "answered 404"),
        ([b"HTTP/1.1 500 Oops\r\n\r\n"], CheckOutcome.BAD_ANSWER, "answered 500"),
        ([b"220 smtp ready\r\n"], CheckOutcome.BAD_ANSWER, "the answer is not HTTP/1.1"),
        ([b"x" * 40_000], CheckOutcome.BAD_ANSWER, "the answer has no end of its head"),
        ([], CheckOutcome.BROKEN, "closed without an answer"),
        ([b"HTTP/1.1 2"], CheckOutcome.BROKEN, "closed without an answer"),
    ],
)
async def test_the_status_decides(pieces: list[bytes], outcome: CheckOutcome, detail: str) -> None:
    result = await look(answering(*pieces))
    assert (result.outcome, result.detail) == (outcome, detail)
    assert (result.latency_s is not None) is result.passed


async def test_latency_is_the_time_to_the_first_byte_not_to_the_last() -> None:
    async def first_byte_then_stream(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.15)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            writer.write(b"data: tick\n\n")
            await writer.drain()
            await asyncio.sleep(0.02)

    begun = time.monotonic()
    result = await look(first_byte_then_stream)
    took_s = time.monotonic() - begun
    assert result.passed
    assert result.latency_s is not None
    assert 0.1 < result.latency_s < took_s - REST_WAIT_S / 2


async def test_silence_is_a_time_out_and_leaves_no_connection() -> None:
    closed = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.read() == b""
        closed.set()

    async with serving(silent) as port:
        result = await HttpCheck(Side.INSIDE, "127.0.0.1", port, "/").look(0.1)
        assert (result.outcome, result.detail) == (
            CheckOutcome.TIMED_OUT,
            "no answer within 0.1 s",
        )
        async with asyncio.timeout(5):
            await closed.wait()


async def test_nobody_listening_is_refused() -> None:
    for check in (
        HttpCheck(Side.INSIDE, "127.0.0.1", free_port(), "/"),
        TcpCheck(Side.INSIDE, "127.0.0.1", free_port()),
    ):
        result = await check.look(5.0)
        assert (result.outcome, result.detail) == (CheckOutcome.REFUSED, "connection refused")


async def test_a_reset_is_broken() -> None:
    async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()

    result = await look(reset)
    assert result.outcome is CheckOutcome.BROKEN
    assert "reset" in result.detail.lower()


async def test_a_name_is_resolved_and_an_unknown_one_is_told() -> None:
    async with serving(answering(b"HTTP/1.1 200 OK\r\n\r\n")) as port:
        assert (await HttpCheck(Side.INSIDE, "localhost", port, "/").look(5.0)).passed
    result = await HttpCheck(Side.INSIDE, "no-such-host.invalid", 1, "/").look(10.0)
    assert result.outcome is CheckOutcome.BROKEN
    assert "no-such-host.invalid" in result.detail


async def test_the_port_is_announced_before_the_connection_and_until_its_end() -> None:
    announced: set[int] = set()
    seen: list[bool] = []

    @contextmanager
    def announce(port: int) -> Iterator[None]:
        announced.add(port)
        yield
        announced.discard(port)

    async def behave(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        seen.append(writer.get_extra_info("peername")[1] in announced)
        await answering(b"HTTP/1.1 200 OK\r\n\r\n")(reader, writer)

    async with serving(behave) as port:
        check = HttpCheck(Side.OUTSIDE, "127.0.0.1", port, "/", announce=announce)
        assert (await check.look(5.0)).passed
    assert seen == [True]
    assert announced == set()


async def test_tcp_passes_when_the_connection_is_accepted() -> None:
    async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with serving(silent) as port:
        for side in Side:
            result = await TcpCheck(side, "127.0.0.1", port).look(5.0)
            assert result.passed
            assert result.latency_s is not None


async def test_tcp_from_outside_fails_when_the_proxy_closes_at_once() -> None:
    async def close(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with serving(close) as port:
        result = await TcpCheck(Side.OUTSIDE, "127.0.0.1", port).look(5.0)
    assert (result.outcome, result.detail) == (CheckOutcome.BROKEN, "closed at once")


async def test_tcp_from_outside_is_content_with_a_greeting() -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        await reader.read()

    async with serving(greet) as port:
        assert (await TcpCheck(Side.OUTSIDE, "127.0.0.1", port).look(5.0)).passed
