"""Protocols that nobody parses: bytes and each side's end pass, and the faults that fit act on connections."""

from __future__ import annotations

import asyncio
from time import monotonic

import pytest

from tagent_contract.faults import (
    Bandwidth,
    Corrupt,
    Down,
    EndReason,
    Error,
    Latency,
    LimitData,
    Match,
    Reset,
    SlowClose,
    Timeout,
)
from tagent_contract.reports import ErrorClass
from tests.fakes.raw_service import house_of, reset_by_peer

pytestmark = pytest.mark.integration


async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A protocol in which the server speaks first, like SMTP or MySQL."""
    writer.write(b"220 ready\r\n")
    while line := await reader.readline():
        writer.write(b"250 " + line)
    writer.write(b"221 bye\r\n")


async def test_a_server_that_speaks_first_is_heard_and_half_close_works_both_ways() -> None:
    async with house_of(greet, protocol="tcp") as house:
        caller = await house.call()
        assert await caller.hear_until(b"\r\n") == b"220 ready\r\n"
        caller.say(b"HELO\r\n")
        assert await caller.hear_until(b"\r\n") == b"250 HELO\r\n"
        caller.end()
        assert await caller.hear_all() == b"221 bye\r\n"
        assert house.recorder.take_window(1e9).errors == {}


async def test_a_service_that_ends_its_sending_still_hears_the_caller() -> None:
    heard = asyncio.get_running_loop().create_future()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"that is all")
        writer.write_eof()
        heard.set_result(await reader.read())

    async with house_of(handle, protocol="tcp") as house:
        caller = await house.call()
        assert await caller.hear_all() == b"that is all"
        caller.say(b"but I go on")
        await asyncio.sleep(0.02)
        caller.say(b" and on")
        caller.end()
        assert await asyncio.wait_for(heard, 10) == b"but I go on and on"


async def test_what_a_caller_sends_before_the_service_is_connected_is_kept_in_order() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read())

    async with house_of(handle, protocol="tcp") as house:
        caller = await house.call()
        data = bytes(range(256)) * 1000
        caller.say(data)
        caller.end()
        assert await caller.hear_all() == data
        assert house.recorder.bytes_in == house.recorder.bytes_out == len(data)


async def test_a_service_that_is_not_there_is_a_reset() -> None:
    async with house_of(None, protocol="tcp") as house:
        caller = await house.call()
        assert await caller.was_reset()
        assert house.recorder.take_window(1e9).errors == {ErrorClass.CONNECT: 1}


async def test_a_service_s_reset_is_passed_on_as_one() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        reset_by_peer(writer)

    async with house_of(handle, protocol="tcp") as house:
        caller = await house.call()
        caller.say(b"x\n")
        assert await caller.was_reset()
        assert house.recorder.take_window(1e9).errors == {ErrorClass.RESET: 1}


async def test_latency_delays_the_connection() -> None:
    async with house_of(greet, protocol="tcp") as house:
        house.arm(Latency(latency_ms=80))
        began = monotonic()
        caller = await house.call()
        caller.say(b"HELO\r\n")
        assert await caller.hear_until(b"HELO\r\n") == b"220 ready\r\n250 HELO\r\n"
        assert monotonic() - began >= 0.079
        assert house.counts() == (1, 0)


async def test_reset_and_timeout_act_on_the_connection() -> None:
    async with house_of(greet, protocol="tcp") as house:
        house.arm(Reset())
        assert await (await house.call()).was_reset()
        house.arm(Reset(after_bytes=5))
        caller = await house.call()
        assert await caller.hear(5) == b"220 r"
        assert await caller.was_reset()
        house.arm(Timeout(timeout_ms=50))
        caller = await house.call()
        caller.say(b"HELO\r\n")
        assert await caller.hear_all() == b""
        assert house.counts() == (1, 0)


async def test_bandwidth_and_limit_data_act_on_what_the_service_says() -> None:
    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * 20_000)

    async with house_of(pour, protocol="tcp") as house:
        house.arm(Bandwidth(rate_kb_s=100), LimitData(bytes=10_000))
        caller = await house.call()
        began = monotonic()
        assert len(await caller.hear_all()) == 10_000
        assert monotonic() - began >= 0.08
        assert house.counts(0) == house.counts(1) == (1, 0)


async def test_slow_close_delays_the_end() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")

    async with house_of(handle, protocol="tcp") as house:
        house.arm(SlowClose(delay_ms=100))
        caller = await house.call()
        began = monotonic()
        assert await caller.hear_all() == b"hello"
        assert monotonic() - began >= 0.099


async def test_down_refuses() -> None:
    async with house_of(greet, protocol="tcp") as house:
        caller = await house.call()
        await caller.hear_until(b"\r\n")
        house.arm(Down())
        assert await caller.was_reset()
        with pytest.raises(ConnectionRefusedError):
            await house.call()


async def test_faults_that_need_requests_are_refused_with_the_reason() -> None:
    async with house_of(greet, protocol="tcp") as house:
        house.arm(Error(), Corrupt(), Latency(match=Match(path="/x")))
        progress = house.engine.progress(monotonic())
        assert [item.end_reason for item in progress] == [EndReason.UNSUPPORTED] * 3
        assert all("--protocol http" in item.detail for item in progress)
        caller = await house.call()
        assert await caller.hear_until(b"\r\n") == b"220 ready\r\n"


async def test_slow_close_ends_the_pair_when_both_sides_have_ended() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.read())

    async with house_of(handle, protocol="tcp") as house:
        house.arm(SlowClose(delay_ms=50))
        caller = await house.call()
        caller.say(b"hello")
        caller.end()
        assert await caller.hear_all() == b"hello"
        async with asyncio.timeout(10):
            while house.recorder.connections:
                await asyncio.sleep(0.005)
        assert house.counts() == (1, 0)


async def test_a_caller_that_thinks_before_it_speaks_does_not_make_the_service_slow() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readline())

    async with house_of(handle, protocol="tcp") as house:
        caller = await house.call()
        await asyncio.sleep(0.3)
        caller.say(b"hello\n")
        assert await caller.hear_all() == b"hello\n"
        assert house.recorder.take_window(1e9).first_byte.sum_ms < 200
