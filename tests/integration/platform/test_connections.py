"""What strangers can do to the platform's socket: be silent, be endless, be many."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import httpx
import pytest

from tests.fakes.platform_process import PlatformProcess

pytestmark = pytest.mark.integration

HEAD_TIMEOUT_S = 2.0
CONNECTIONS_MAX = 60
MIB = 2**20


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformProcess]:
    process = PlatformProcess(
        tmp_path_factory.mktemp("platform"),
        TAGENT_HEAD_TIMEOUT_S=str(HEAD_TIMEOUT_S),
        TAGENT_BODY_TIMEOUT_S="2",
        TAGENT_SLOW_READER_TIMEOUT_S="2",
        TAGENT_CONNECTIONS_MAX=str(CONNECTIONS_MAX),
    )
    process.start()
    yield process
    process.stop()


def connect(platform: PlatformProcess) -> socket.socket:
    return socket.create_connection(("127.0.0.1", platform.port), timeout=15)


def said(connection: socket.socket) -> bytes:
    """Return all that comes until the other side closes, however it does that."""
    received = b""
    try:
        while part := connection.recv(65536):
            received += part
    except ConnectionResetError:
        pass
    return received


def test_a_connection_that_says_nothing_is_closed(platform: PlatformProcess) -> None:
    with closing(connect(platform)) as silent:
        assert said(silent) == b""


@pytest.mark.parametrize(
    "start",
    [b"GET /healthz HTTP/1.1\r\nhost: x\r\n", b"GET", b"POST /telemetry HTTP/1.1\r\n"],
    ids=["half a head", "half a line", "no end of headers"],
)
def test_half_a_head_is_not_waited_for(platform: PlatformProcess, start: bytes) -> None:
    with closing(connect(platform)) as slow:
        slow.sendall(start)
        assert said(slow) == b""


def test_a_head_that_trickles_is_not_waited_for(platform: PlatformProcess) -> None:
    with closing(connect(platform)) as slow:
        slow.settimeout(0.1)
        slow.sendall(b"GET /healthz HTTP/1.1\r\n")
        deadline = time.monotonic() + 15
        is_open = True
        while is_open:
            assert time.monotonic() < deadline
            try:
                slow.sendall(b"x")
                is_open = slow.recv(1) != b""
            except TimeoutError:
                continue
            except OSError:
                is_open = False


def test_half_a_body_is_not_waited_for(platform: PlatformProcess) -> None:
    head = (
        f"PUT /api/v1/halt HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {platform.token()}\r\n"
        "content-length: 100\r\n\r\n"
    )
    with closing(connect(platform)) as slow:
        slow.sendall(head.encode() + b'{"reason":')
        assert said(slow) == b""
    assert platform.ask("GET", "/api/v1/halt").json()["halted"] is False


def test_more_silent_connections_than_there_is_room_for_keep_nobody_out(
    platform: PlatformProcess,
) -> None:
    before = platform.resident_bytes()
    with ExitStack() as held:
        for _ in range(5 * CONNECTIONS_MAX):
            held.enter_context(closing(connect(platform)))
            if len(platform_descriptors(platform)) > CONNECTIONS_MAX + 100:
                pytest.fail("connections are not bounded")
        assert platform.ask("GET", "/api/v1/whoami").status_code == 200
        assert platform.resident_bytes() - before < 20 * MIB
    figures = httpx.get(f"{platform.url}/metrics", verify=False).text
    closed = 'tagent_connections_closed_total{reason="too_many"} '
    [line] = [line for line in figures.splitlines() if line.startswith(closed)]
    assert int(line.removeprefix(closed)) >= 3 * CONNECTIONS_MAX


def send_for_ever(connection: socket.socket, start: bytes, more: bytes) -> None:
    connection.sendall(start)
    for _ in range(64):
        connection.sendall(more)


def platform_descriptors(platform: PlatformProcess) -> list[Path]:
    return list(Path(f"/proc/{platform.pid}/fd").iterdir())


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\nx: " + b"x" * MIB,
        b"GET /healthz HTTP/1.1\r\n" + b"".join(b"x%d: x\r\n" % n for n in range(5000)),
        b"GET /" + b"x" * MIB,
        b"GET /healthz HTTP/1.1\r\nx: " + b"x" * 40_000 + b"\r\n\r\n",
    ],
    ids=["one endless header", "headers without end", "an endless line", "large but whole"],
)
def test_a_head_without_end_is_refused(platform: PlatformProcess, head: bytes) -> None:
    with closing(connect(platform)) as large:
        with suppress(OSError):
            large.sendall(head)
        answer = said(large)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert b"application/problem+json" in answer


def test_a_second_head_without_end_is_refused_while_the_first_is_answered(
    platform: PlatformProcess,
) -> None:
    head = f"GET /api/v1/events/stream HTTP/1.1\r\nauthorization: Bearer {platform.token()}\r\n\r\n"
    before = platform.resident_bytes()
    with closing(connect(platform)) as twice:
        twice.sendall(head.encode())
        assert twice.recv(12) == b"HTTP/1.1 200"
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            send_for_ever(twice, b"GET / HTTP/1.1\r\nx: ", b"x" * MIB)
    assert platform.resident_bytes() - before < 20 * MIB


def test_a_body_of_100_mb_is_refused_before_it_is_read(platform: PlatformProcess) -> None:
    before = platform.resident_bytes()

    def parts() -> Iterator[bytes]:
        for _ in range(100):
            yield b"x" * MIB

    for path in ("/telemetry", "/inject-fault"):
        declared = {"content-length": str(100 * MIB)}
        answer = platform.ask("POST", path, content=parts(), headers=declared)
        assert answer.status_code == 413, path
        chunked = platform.ask("POST", path, content=parts())
        assert chunked.status_code == 413, path
    assert platform.resident_bytes() - before < 40 * MIB


def test_what_is_not_http_is_answered_as_a_problem(platform: PlatformProcess) -> None:
    with closing(connect(platform)) as stranger:
        stranger.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n")
        answer = said(stranger)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"urn:tagent:problem:invalid" in answer


def test_a_reader_who_takes_nothing_is_cut(platform: PlatformProcess) -> None:
    token = platform.token()
    with closing(socket.socket()) as lazy:
        lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        lazy.settimeout(15)
        lazy.connect(("127.0.0.1", platform.port))
        asked = f"GET /openapi.json HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n"
        for _ in range(60):
            lazy.sendall(asked.encode())
        deadline = time.monotonic() + 30
        cut = 'tagent_connections_closed_total{reason="slow_reader"} 1'
        while cut not in httpx.get(f"{platform.url}/metrics", verify=False).text:
            assert time.monotonic() < deadline
            time.sleep(0.2)
