"""What each fault does to real requests, that it is counted when it happened, and that its end lets go at once."""

from __future__ import annotations

import asyncio
import socket
from time import monotonic

import pytest

from tagent_contract.faults import (
    Bandwidth,
    Corrupt,
    Down,
    Error,
    Latency,
    LimitData,
    Match,
    RateLimit,
    Reset,
    SlowClose,
    Timeout,
)
from tagent_contract.reports import ErrorClass
from tests.fakes.raw_service import (
    answering,
    house_of,
    read_request,
    request_of,
    reset_by_peer,
    response_of,
)

pytestmark = pytest.mark.integration

HELLO = response_of(b"hello")
LONG_MS = 60_000.0


async def test_latency_holds_a_request_back_and_changes_no_byte() -> None:
    heard: list[bytes] = []
    async with house_of(answering(HELLO, heard)) as house:
        house.arm(Latency(latency_ms=80))
        began = monotonic()
        request = request_of(method=b"POST", body=b"x" * 1000)
        assert await house.ask(request) == HELLO
        assert monotonic() - began >= 0.079
        assert heard == [request]
        assert house.counts() == (1, 0)


async def test_pipelined_followers_are_not_delayed_twice() -> None:
    async with house_of(answering(HELLO)) as house:
        house.arm(Latency(latency_ms=300))
        caller = await house.call()
        began = monotonic()
        caller.say(request_of() * 5)
        for _ in range(5):
            assert await caller.hear_response() == HELLO
        assert 0.299 <= monotonic() - began < 0.6
        assert house.counts() == (5, 0)


async def test_a_cleared_latency_lets_its_requests_go_at_once() -> None:
    async with house_of(answering(HELLO)) as house:
        house.arm(Latency(latency_ms=LONG_MS))
        caller = await house.call()
        caller.say(request_of())
        await asyncio.sleep(0.05)
        assert house.recorder.in_flight == 1
        house.arm()
        assert await caller.hear_response() == HELLO


async def test_two_latencies_add_up_and_one_s_end_takes_its_share_away() -> None:
    async with house_of(answering(HELLO)) as house:
        house.arm(Latency(latency_ms=30), Latency(latency_ms=LONG_MS, match=Match(method="GET")))
        caller = await house.call()
        caller.say(request_of())
        await asyncio.sleep(0.05)
        house.arm(Latency(latency_ms=LONG_MS, match=Match(method="POST")))
        assert await caller.hear_response() == HELLO


async def test_a_large_upload_waits_without_being_taken_into_memory() -> None:
    async with house_of(answering(HELLO), buffer_bytes_max=64 * 1024) as house:
        house.arm(Latency(latency_ms=200))
        caller = await house.call()
        size = 20 * 2**20
        caller.say(request_of(method=b"POST", body=b"x" * size))
        await asyncio.sleep(0.1)
        assert house.recorder.bytes_in < size // 2
        assert await caller.hear_response() == HELLO


async def test_an_error_answers_instead_of_the_service() -> None:
    heard: list[bytes] = []
    async with house_of(answering(HELLO, heard)) as house:
        house.arm(Error(http_status=503, retry_after_s=7, body="broken"))
        caller = await house.call()
        for _ in range(3):
            caller.say(request_of(method=b"POST", body=b"some body"))
            answer = await caller.hear_response()
            assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
            assert b"retry-after: 7\r\n" in answer
            assert answer.endswith(b"\r\n\r\nbroken")
        assert heard == []
        assert house.counts() == (3, 0)
        assert house.recorder.take_window(1e9).errors == {ErrorClass.STATUS_5XX: 3}


async def test_an_error_to_a_head_request_says_the_length_and_sends_no_body() -> None:
    async with house_of(answering(HELLO)) as house:
        house.arm(Error(body="broken"))
        caller = await house.call()
        caller.say(request_of(method=b"HEAD"))
        assert b"content-length: 6\r\n" in await caller.hear_until(b"\r\n\r\n")
        caller.say(request_of())
        assert (await caller.hear_response()).endswith(b"broken")


async def test_an_error_to_a_caller_that_awaits_100_continue_closes() -> None:
    async with house_of(answering(HELLO)) as house:
        house.arm(Error())
        caller = await house.call()
        caller.say(b"PUT / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
        answer = await caller.hear_until(b"\r\n\r\n")
        assert b"connection: close" in answer
        caller.say(b"12345")
        await caller.hear_all()


async def test_a_thousand_pipelined_requests_are_each_answered_with_the_error() -> None:
    async with house_of(answering(HELLO)) as house:
        house.arm(Error(body="no"))
        caller = await house.call()
        caller.say(request_of() * 1500)
        for _ in range(1500):
            assert (await caller.hear_response()).endswith(b"no")
        assert house.counts() == (1500, 0)


async def test_pipelined_requests_are_decided_one_by_one() -> None:
    async with house_of(answering(HELLO)) as house:
        house.arm(Error(match=Match(path="/bad/*"), body="no"))
        caller = await house.call()
        caller.say(
            request_of(b"/1") + request_of(b"/bad/2") + request_of(b"/3") + request_of(b"/bad/4")
        )
        answers = [await caller.hear_response() for _ in range(4)]
        assert [answer.endswith(b"hello") for answer in answers] == [True, False, True, False]


async def test_reset_at_once_never_reaches_the_service() -> None:
    heard: list[bytes] = []
    async with house_of(answering(HELLO, heard)) as house:
        house.arm(Reset())
        caller = await house.call()
        caller.say(request_of())
        assert await caller.was_reset()
        assert heard == []
        assert house.counts() == (1, 0)
        assert house.recorder.take_window(1e9).errors == {ErrorClass.RESET: 1}


async def test_reset_after_bytes_sends_those_bytes_first() -> None:
    async with house_of(answering(response_of(b"x" * 5000))) as house:
        house.arm(Reset(after_bytes=1000))
        caller = await house.call()
        caller.say(request_of())
        assert len(await caller.hear(1000)) == 1000
        assert await caller.was_reset()
        assert house.counts() == (1, 0)


async def test_a_response_shorter_than_the_reset_gets_by_and_is_not_counted_as_injected() -> None:
    async with house_of(answering(HELLO)) as house:
        house.arm(Reset(after_bytes=1000))
        caller = await house.call()
        for _ in range(2):
            caller.say(request_of())
            assert await caller.hear_response() == HELLO
        assert house.counts() == (0, 2)


async def test_a_timeout_swallows_and_then_closes() -> None:
    heard: list[bytes] = []
    async with house_of(answering(HELLO, heard)) as house:
        house.arm(Timeout(timeout_ms=80))
        caller = await house.call()
        began = monotonic()
        caller.say(request_of())
        assert await caller.hear_all() == b""
        assert monotonic() - began >= 0.079
        assert heard == []
        assert house.counts() == (1, 0)
        assert house.recorder.take_window(1e9).errors == {ErrorClass.TIMEOUT: 1}


async def test_an_endless_timeout_closes_when_its_fault_ends() -> None:
    async with house_of(answering(HELLO)) as house:
        house.arm(Timeout())
        caller = await house.call()
        caller.say(request_of() * 2)
        await asyncio.sleep(0.05)
        assert house.recorder.in_flight == 1
        house.arm()
        assert await caller.hear_all() == b""
        assert house.recorder.in_flight == 0


async def test_bandwidth_slows_a_response_down_without_changing_it() -> None:
    long = response_of(bytes(range(256)) * 80)
    async with house_of(answering(long)) as house:
        house.arm(Bandwidth(rate_kb_s=100))
        caller = await house.call()
        began = monotonic()
        caller.say(request_of())
        assert await caller.hear_response() == long
        assert 0.18 <= monotonic() - began < 2
        caller.say(request_of())
        assert await caller.hear_response() == long
        assert house.counts() == (2, 0)


async def test_a_cleared_bandwidth_sends_the_rest_at_once() -> None:
    long = response_of(b"x" * 500_000)
    async with house_of(answering(long)) as house:
        house.arm(Bandwidth(rate_kb_s=1))
        caller = await house.call()
        caller.say(request_of())
        await caller.hear(20)
        house.arm()
        assert len(await caller.hear(len(long) - 20)) == len(long) - 20
        caller.say(request_of())
        assert await caller.hear_response() == long


async def test_rate_limit_answers_429_past_its_quota() -> None:
    async with house_of(answering(HELLO)) as house:
        house.arm(RateLimit(quota=2, window_s=30))
        answers = [await house.ask(request_of()) for _ in range(4)]
        assert answers[:2] == [HELLO, HELLO]
        assert all(answer.startswith(b"HTTP/1.1 429 ") for answer in answers[2:])
        assert all(b"retry-after: 30\r\n" in answer for answer in answers[2:])
        assert house.counts() == (2, 2)
        assert house.recorder.take_window(1e9).errors == {}


async def test_limit_data_cuts_a_longer_response() -> None:
    async with house_of(answering(response_of(b"x" * 5000))) as house:
        house.arm(LimitData(bytes=100))
        caller = await house.call()
        caller.say(request_of())
        assert len(await caller.hear_all()) == 100
        assert house.counts() == (1, 0)
        window = house.recorder.take_window(1e9)
        assert (window.errors, window.cut_streams) == ({ErrorClass.CUT: 1}, 1)


async def test_limit_data_lets_a_response_of_just_that_length_by() -> None:
    async with house_of(answering(HELLO)) as house:
        house.arm(LimitData(bytes=len(HELLO)))
        assert await house.ask(request_of()) == HELLO
        assert house.counts() == (0, 1)


async def test_slow_close_delays_the_close_behind_a_closing_response() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(response_of(b"hello", b"Connection: close"))

    async with house_of(handle) as house:
        house.arm(SlowClose(delay_ms=100))
        caller = await house.call()
        began = monotonic()
        caller.say(request_of())
        await caller.hear_response()
        assert monotonic() - began < 0.09
        assert await caller.hear_all() == b""
        assert monotonic() - began >= 0.099
        assert house.counts() == (1, 0)


async def test_slow_close_does_nothing_to_a_connection_that_stays() -> None:
    async with house_of(answering(HELLO)) as house:
        house.arm(SlowClose())
        caller = await house.call()
        for _ in range(2):
            caller.say(request_of())
            assert await caller.hear_response() == HELLO
        assert house.counts() == (0, 2)


async def test_a_cleared_slow_close_closes_at_once() -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nuntil close")

    async with house_of(handle) as house:
        house.arm(SlowClose(delay_ms=LONG_MS))
        caller = await house.call()
        caller.say(request_of())
        await caller.hear_until(b"until close")
        await asyncio.sleep(0.05)
        house.arm()
        assert await caller.hear_all() == b""


async def test_corrupt_flips_bytes_of_the_body_and_never_the_framing() -> None:
    body = b"a" * 3000
    chunks = b"".join(b"%x\r\n" % 500 + body[:500] + b"\r\n" for _ in range(6))
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

    async with house_of(answering(head + chunks + b"0\r\nX-T: a\r\n\r\n")) as house:
        house.arm(Corrupt(ratio=1.0, seed=1))
        caller = await house.call()
        caller.say(request_of())
        assert await caller.hear(len(head)) == head
        for _ in range(6):
            assert await caller.hear_until(b"\r\n") == b"1f4\r\n"
            chunk = await caller.hear(502)
            assert b"a" not in chunk
            assert chunk.endswith(b"\r\n")
        assert await caller.hear_until(b"\r\n\r\n") == b"0\r\nX-T: a\r\n\r\n"
        assert house.counts() == (1, 0)


async def test_corrupt_flips_about_its_share() -> None:
    async with house_of(answering(response_of(b"\0" * 20_000))) as house:
        house.arm(Corrupt(ratio=0.1, seed=3))
        response = await house.ask(request_of())
        flipped = sum(byte != 0 for byte in response.partition(b"\r\n\r\n")[2])
        assert 1500 < flipped < 2500


async def test_a_body_in_which_no_byte_flipped_is_not_counted_as_injected() -> None:
    async with house_of(answering(response_of(b""))) as house:
        house.arm(Corrupt(ratio=1.0))
        await house.ask(request_of())
        assert house.counts() == (0, 1)


async def test_faults_on_the_response_act_on_an_injected_answer_too() -> None:
    async with house_of(answering(HELLO)) as house:
        house.arm(Error(body="x" * 1000), LimitData(bytes=50))
        caller = await house.call()
        caller.say(request_of())
        assert len(await caller.hear_all()) == 50
        assert house.counts(0) == house.counts(1) == (1, 0)


async def test_down_refuses_connections_resets_open_ones_and_ends() -> None:
    async with house_of(answering(HELLO)) as house:
        idle, busy = await house.call(), await house.call()
        idle.say(request_of())
        assert await idle.hear_response() == HELLO
        busy.say(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nabc")
        await asyncio.sleep(0.02)
        house.arm(Down())
        assert await idle.was_reset()
        assert await busy.was_reset()
        for _ in range(3):
            with pytest.raises(ConnectionRefusedError):
                await house.call()
        assert house.counts() == (3, 0)
        house.arm()
        async with asyncio.timeout(10):
            while not house.proxy.is_open:
                await asyncio.sleep(0.005)
        assert await house.ask(request_of()) == HELLO


async def test_down_can_come_and_go_many_times() -> None:
    async with house_of(answering(HELLO)) as house:
        address = house.proxy.address
        for _ in range(10):
            house.arm(Down())
            house.arm()
        async with asyncio.timeout(10):
            while not house.proxy.is_open:
                await asyncio.sleep(0.005)
        assert house.proxy.address == address
        assert await house.ask(request_of()) == HELLO


async def test_down_with_a_probability_resets_that_share_of_new_connections() -> None:
    async with house_of(answering(HELLO)) as house:
        house.arm(Down(probability=0.5, seed=5))
        resets = 0
        for _ in range(40):
            caller = await house.call()
            try:
                caller.say(request_of())
                await caller.hear_response()
            except (ConnectionResetError, asyncio.IncompleteReadError, RuntimeError):
                resets += 1
            caller.close()
        assert 8 < resets < 32
        assert house.counts() == (resets, 40 - resets)


async def test_max_count_ends_a_fault_after_so_many_requests() -> None:
    async with house_of(answering(HELLO)) as house:
        house.arm(Error(max_count=2))
        answers = [await house.ask(request_of()) for _ in range(4)]
        assert [answer == HELLO for answer in answers] == [False, False, True, True]
        assert house.engine.active_ids == ()


async def test_a_held_request_with_max_count_is_held_to_its_end() -> None:
    async with house_of(answering(HELLO)) as house:
        house.arm(Latency(latency_ms=100, max_count=1))
        began = monotonic()
        assert await house.ask(request_of()) == HELLO
        assert monotonic() - began >= 0.099
        assert house.engine.active_ids == ()


async def test_a_caller_that_leaves_during_a_fault_settles_its_account() -> None:
    async with house_of(answering(HELLO)) as house:
        house.arm(Latency(latency_ms=LONG_MS, max_count=1), Timeout(match=Match(path="/swallow")))
        first = await house.call()
        first.say(request_of())
        await asyncio.sleep(0.02)
        reset_by_peer(first.writer)
        async with asyncio.timeout(10):
            while len(house.engine.active_ids) > 1:
                await asyncio.sleep(0.005)
        assert house.counts(0) == (1, 0)


async def test_the_sidecar_s_own_check_suffers_and_is_counted_nowhere() -> None:
    async with house_of(answering(HELLO)) as house:
        house.arm(Error(), RateLimit(quota=1))
        with socket.socket() as sock:
            sock.setblocking(False)
            sock.bind(("127.0.0.1", 0))
            loop = asyncio.get_running_loop()
            with house.proxy.expect_check_connection(sock.getsockname()[1]):
                await loop.sock_connect(sock, house.proxy.address)
                await loop.sock_sendall(sock, request_of())
                answer = await asyncio.wait_for(loop.sock_recv(sock, 1000), 10)
        assert answer.startswith(b"HTTP/1.1 500")
        assert house.counts(0) == house.counts(1) == (0, 0)
        window = house.recorder.take_window(1e9)
        assert (window.requests, window.bytes_in, window.connections) == (0, 0, 0)
        assert (await house.ask(request_of())).startswith(b"HTTP/1.1 500")
        assert house.counts(0) == (1, 0)


async def test_a_service_that_closes_its_idle_connection_during_a_delay_is_connected_anew() -> None:
    connections = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await read_request(reader)
        writer.write(HELLO)
        await asyncio.sleep(0.05)

    async with house_of(handle) as house:
        caller = await house.call()
        caller.say(request_of())
        assert await caller.hear_response() == HELLO
        house.arm(Latency(latency_ms=300))
        caller.say(request_of())
        assert await caller.hear_response() == HELLO
        assert connections == 2
        assert house.recorder.take_window(1e9).errors == {}


async def test_every_down_counts_however_short_the_one_before_it_was() -> None:
    async with house_of(answering(HELLO)) as house:
        for _ in range(3):
            house.arm()
            house.arm(Down())
            assert house.counts() == (1, 0)


async def test_an_uploading_caller_gets_the_injected_answer_and_goes_on() -> None:
    async with house_of(answering(HELLO)) as house:
        house.arm(Error(body="no"))
        caller = await house.call()
        caller.say(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        assert (await caller.hear_response()).endswith(b"no")
        caller.say(b"x" * 100_000 + request_of())
        assert (await caller.hear_response()).endswith(b"no")
        house.arm()
        caller.say(request_of())
        assert await caller.hear_response() == HELLO
