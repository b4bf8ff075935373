"""Each fault type, from the API to a caller and back: it is felt, counted, and gone when it ends."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable

import httpx
import pytest

from tagent_contract.faults import (
    Bandwidth,
    Corrupt,
    Cpu,
    Crash,
    Down,
    Error,
    Fault,
    FaultState,
    Hang,
    Healing,
    Latency,
    LimitData,
    Memory,
    RateLimit,
    Reset,
    SlowClose,
    Timeout,
)
from tests.e2e.processes import eventually
from tests.e2e.stack import Sidecar, Stack

TTL_S = 2.5
COMMON = {"ttl_s": TTL_S, "healing": Healing.SUPPRESS}


def status_is(*wanted: int | str) -> Callable[[Sidecar], bool]:
    return lambda sidecar: sidecar.status(timeout_s=1.0) in wanted


def takes_longer_than(seconds: float) -> Callable[[Sidecar], bool]:
    def look(sidecar: Sidecar) -> bool:
        started = time.monotonic()
        sidecar.status()
        return time.monotonic() - started > seconds

    return look


def closes_later_than(seconds: float) -> Callable[[Sidecar], bool]:
    """Ask for the connection to be closed, and wait for the close itself, which no HTTP client does."""

    def look(sidecar: Sidecar) -> bool:
        with socket.create_connection(("127.0.0.1", sidecar.port), timeout=10) as caller:
            caller.sendall(b"GET / HTTP/1.1\r\nhost: toy\r\nconnection: close\r\n\r\n")
            started = time.monotonic()
            while caller.recv(65536):
                pass
            return time.monotonic() - started > seconds

    return look


def body_differs(sidecar: Sidecar) -> bool:
    try:
        return not sidecar.get().content.isdigit()
    except httpx.HTTPError:
        return False


CASES: list[tuple[Fault, Callable[[Sidecar], bool]]] = [
    (Latency(latency_ms=400, **COMMON), takes_longer_than(0.4)),
    (Error(http_status=502, **COMMON), status_is(502)),
    (Reset(**COMMON), status_is("ReadError", "RemoteProtocolError")),
    (Timeout(**COMMON), status_is("ReadTimeout", "RemoteProtocolError", "ReadError")),
    (Bandwidth(rate_kb_s=0.05, **COMMON), takes_longer_than(0.4)),
    (RateLimit(quota=1, **COMMON), status_is(429)),
    (Down(**COMMON), status_is("ConnectError", "ReadError", "RemoteProtocolError")),
    (LimitData(bytes=2, **COMMON), status_is("RemoteProtocolError", "ReadError")),
    (SlowClose(delay_ms=300, **COMMON), closes_later_than(0.3)),
    (Corrupt(ratio=1.0, **COMMON), body_differs),
    (Crash(**COMMON), lambda _: True),
    (Hang(**COMMON), status_is("ReadTimeout")),
    (Cpu(load_ratio=0.5, **COMMON), lambda _: True),
    (Memory(bytes=16 * 2**20, **COMMON), lambda _: True),
]


@pytest.mark.parametrize(
    ("fault", "felt"), CASES, ids=[type(fault).__name__.lower() for fault, _ in CASES]
)
def test_it_is_felt_counted_and_gone(
    running: Stack, fault: Fault, felt: Callable[[Sidecar], bool]
) -> None:
    sidecar = running.start_sidecar("chat-service")
    with running.client() as client:
        armed = client.inject("chat-service", fault)
        eventually("a caller to feel it", lambda: felt(sidecar), 10)
        ended = eventually("its end", lambda: (f := client.fault(armed.id)).state.is_final and f)
        assert ended.state in {FaultState.EXPIRED, FaultState.CLEARED}
        assert ended.injected >= 1
        eventually("the service to answer again", lambda: sidecar.status() == 200, 10)
        assert [
            event.type for event in running.events("chat-service") if event.fault == armed.id
        ].count("fault.ended") == 1
