"""The verifier port's promises, kept over HTTP against real services."""

from __future__ import annotations

import asyncio
import socket

import pytest

from tagent_contract.policy import VerifyRequest
from tagent_platform.adapters.verifier.http import HttpVerifier
from tests.fakes.raw_receiver import (
    Behaviour,
    answering,
    dripping,
    endless,
    raw_receiver,
    silent,
)

pytestmark = pytest.mark.integration

REQUEST = VerifyRequest(method="POST", path="/v1/answer?deep=1", status=201)
HANG_S = 10.0


async def ask(address: str, request: VerifyRequest = REQUEST, timeout_s: float = 5.0) -> str | None:
    return await asyncio.wait_for(HttpVerifier().ask(address, request, timeout_s), HANG_S)


def status(code: int) -> Behaviour:
    return answering(f"HTTP/1.1 {code} x\r\nlocation: /else\r\ncontent-length: 0\r\n\r\n".encode())


async def test_the_wanted_answer_is_proof() -> None:
    async with raw_receiver(status(201)) as service:
        assert await ask(service.address) is None
    assert service.requests[0].startswith(b"POST /v1/answer?deep=1 HTTP/1.1\r\n")


@pytest.mark.parametrize("code", [200, 302, 404, 500, 503])
async def test_another_answer_is_none(code: int) -> None:
    async with raw_receiver(status(code)) as service:
        said = await ask(service.address)
        assert said == f"POST /v1/answer?deep=1 was answered {code}, not 201"
        assert len(service.requests) == 1


async def test_a_redirect_may_be_what_is_wanted() -> None:
    async with raw_receiver(status(302)) as service:
        assert await ask(service.address, VerifyRequest(status=302)) is None


@pytest.mark.parametrize("behaviour", [silent, dripping])
async def test_silence_takes_no_longer_than_the_time_out(behaviour: Behaviour) -> None:
    async with raw_receiver(behaviour) as service:
        said = await ask(service.address, timeout_s=0.3)
    assert said is not None


async def test_an_endless_body_is_not_read() -> None:
    async with raw_receiver(endless) as service:
        assert await ask(service.address, VerifyRequest(status=500)) is None


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 2", b"rubbish\r\n\r\n"])
async def test_cut_and_malformed_answers_are_sentences(answer: bytes) -> None:
    async with raw_receiver(answering(answer)) as service:
        said = await ask(service.address)
    assert said is not None
    assert said.startswith("POST /v1/answer?deep=1 failed: ")


async def test_refused_connections_are_sentences() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    said = await ask(f"127.0.0.1:{port}")
    assert said is not None


@pytest.mark.parametrize("address", ["", "nonsense", "127.0.0.1:99999", "host:port", "[::1"])
async def test_an_address_that_is_none_is_a_sentence(address: str) -> None:
    assert await ask(address, timeout_s=2.0) is not None
