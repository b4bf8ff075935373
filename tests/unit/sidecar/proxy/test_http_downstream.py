"""Conversations in memory: any split of any valid one passes byte for byte, and any bytes never crash the proxy."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tagent_contract.faults import Error, Latency
from tagent_contract.plan import Plan, PlanFault
from tests.fakes.memory_transport import MemoryHouse
from tests.unit.sidecar.proxy.conversations import Exchange, exchanges, pieces

CUTS = st.lists(st.integers(0, 4000), max_size=12)


def run(conversation: Coroutine[Any, Any, None]) -> None:
    with asyncio.Runner() as runner:
        runner.run(conversation)


async def converse(
    house: MemoryHouse, talk: list[Exchange], request_cuts: list[int], response_cuts: list[int]
) -> None:
    """Let the caller send all it has, pipelined or not, and the service answer each whole request in pieces."""
    to_answer = list(talk)
    needed = len(talk[0].request)
    sent = pieces(b"".join(exchange.request for exchange in talk), request_cuts)
    for piece in [*sent, b""]:
        house.caller.receive(piece)
        await house.settle()
        while to_answer and house.service and len(house.service.written) >= needed:
            exchange = to_answer.pop(0)
            for part in pieces(exchange.response, response_cuts):
                house.service.receive(part)
            await house.settle()
            needed += len(to_answer[0].request) if to_answer else 0


@settings(max_examples=60, deadline=None)
@given(st.lists(exchanges(), min_size=1, max_size=5), CUTS, CUTS)
def test_any_split_of_any_valid_conversation_passes_byte_for_byte(
    talk: list[Exchange], request_cuts: list[int], response_cuts: list[int]
) -> None:
    async def check() -> None:
        house = MemoryHouse()
        await converse(house, talk, request_cuts, response_cuts)
        assert house.service is not None
        assert bytes(house.service.written) == b"".join(exchange.request for exchange in talk)
        assert bytes(house.caller.written) == b"".join(exchange.response for exchange in talk)
        assert len(house.loop.upstreams) == 1
        assert not house.caller.is_closed
        assert (house.recorder.requests, house.recorder.rejected) == (len(talk), 0)
        await house.leave()

    run(check())


@settings(max_examples=25, deadline=None)
@given(st.lists(exchanges(), min_size=1, max_size=4), CUTS, CUTS)
def test_a_fault_that_waits_for_nothing_changes_no_byte_either(
    talk: list[Exchange], request_cuts: list[int], response_cuts: list[int]
) -> None:
    async def check() -> None:
        house = MemoryHouse()
        now = asyncio.get_running_loop().time()
        house.engine.renew_lease(now + 1000)
        fault = PlanFault(id="f", fault=Latency(latency_ms=0.1), ttl_left_s=60.0)
        house.engine.apply_plan(Plan(epoch="e", revision=1, faults=(fault,)), now, "1")
        await converse(house, talk, request_cuts, response_cuts)
        assert house.service is not None
        assert bytes(house.service.written) == b"".join(exchange.request for exchange in talk)
        assert bytes(house.caller.written) == b"".join(exchange.response for exchange in talk)
        await house.leave()

    run(check())


@settings(max_examples=25, deadline=None)
@given(st.lists(exchanges(), min_size=1, max_size=5), CUTS)
def test_an_error_fault_answers_each_request_once_however_it_is_split(
    talk: list[Exchange], cuts: list[int]
) -> None:
    async def check() -> None:
        house = MemoryHouse()
        now = asyncio.get_running_loop().time()
        house.engine.renew_lease(now + 1000)
        fault = PlanFault(id="f", fault=Error(body=""), ttl_left_s=60.0)
        house.engine.apply_plan(Plan(epoch="e", revision=1, faults=(fault,)), now, "1")
        answered = 0
        for exchange in talk:
            for piece in pieces(exchange.request, cuts):
                house.caller.receive(piece)
                await house.settle()
            answered += 1
            assert house.caller.written.count(b"HTTP/1.1 500 ") == answered
            if house.caller.is_closed:  # HTTP/1.0 closes
                break
        assert house.loop.upstreams == []
        assert house.engine.progress(now)[0].injected == answered
        await house.leave()

    run(check())


RUBBISH = st.lists(
    st.sampled_from(
        [
            b"GET / HTTP/1.1\r\n",
            b"POST /x HTTP/1.0\r\n",
            b"HEAD / HTTP/1.1\r\n\r\n",
            b"CONNECT a:1 HTTP/1.1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n",
            b"HTTP/1.1 100 Continue\r\n\r\n",
            b"HTTP/1.1 101 Switch\r\n\r\n",
            b"HTTP/1.1 204 No\r\n\r\n",
            b"Content-Length: 5\r\n",
            b"Content-Length: 0\r\n",
            b"Transfer-Encoding: chunked\r\n",
            b"Connection: close\r\n",
            b"Expect: 100-continue\r\n",
            b"Host: a\r\n\r\n",
            b"\r\n",
            b"\n",
            b"\r",
            b"\0",
            b"5\r\nhello\r\n",
            b"0\r\n\r\n",
            b"ffff",
            b"hello",
            b" ",
        ]
    )
    | st.binary(max_size=20),
    max_size=12,
).map(b"".join)


@settings(max_examples=120, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["caller", "service", "end", "close", "die"]), RUBBISH),
        max_size=8,
    )
)
def test_any_bytes_from_either_side_never_crash_it(steps: list[tuple[str, bytes]]) -> None:
    async def check() -> None:
        house = MemoryHouse()
        for who, data in steps:
            if who == "caller":
                house.caller.receive(data)
            elif who == "end":
                house.caller.receive_end()
            elif house.service is not None and not house.service.is_closed:
                if who == "service":
                    house.service.receive(data)
                elif who == "close":
                    house.service.receive_end()
                else:
                    house.service.is_closed = True
                    house.service.protocol.connection_lost(ConnectionResetError())
            await house.settle()
        await house.leave()

    run(check())
