"""Reports over a real socket, in every way that TCP may cut them: answered once each, in order, at once or not."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing

import pytest

from tagent_contract.health import Health, HealthReason, InstanceState
from tagent_contract.reports import Batch, Report
from tagent_contract.times import format_time
from tagent_contract.wire import encode
from tests.fakes.platform_process import PlatformProcess

pytestmark = pytest.mark.integration

HEALTHY = InstanceState(health=Health.HEALTHY, reason=HealthReason.HEALTHY)
BODY_TIMEOUT_S = 2.0


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformProcess]:
    process = PlatformProcess(
        tmp_path_factory.mktemp("platform"),
        TAGENT_BODY_TIMEOUT_S=str(BODY_TIMEOUT_S),
        TAGENT_IDLE_TIMEOUT_S="3",
    )
    process.start()
    yield process
    process.stop()


class Reporter:
    """A sidecar of its own service that speaks raw HTTP on one connection."""

    def __init__(self, platform: PlatformProcess, service: str) -> None:
        self.service = service
        self.token = platform.sidecar_token(service)
        self.socket = socket.create_connection(("127.0.0.1", platform.port), timeout=15)
        self._began = time.monotonic()
        self._seq = 0
        self._received = b""

    def request(self, *headers: str, version: str = "1.1", detail: str = "", state: InstanceState = HEALTHY) -> bytes:  # fmt: skip
        self._seq += 1
        report = Report(
            service=self.service, instance=f"{self.service}-1", boot_id="boot-0001", seq=self._seq,
            sent_at=format_time(time.time()), boot_age_s=time.monotonic() - self._began, incarnation="1",
            state=state, address="127.0.0.1:9001", supervised=True, version=f"1{detail}", capabilities=(),
        )  # fmt: skip
        return self.with_body(encode(Batch(reports=(report,))), *headers, version=version)

    def with_body(self, body: bytes, *headers: str, version: str = "1.1") -> bytes:
        lines = (
            f"POST /telemetry HTTP/{version}", "host: x", f"authorization: Bearer {self.token}",
            f"content-length: {len(body)}", *headers, "", "",
        )  # fmt: skip
        return "\r\n".join(lines).encode() + body

    def answers(self, count: int) -> list[int]:
        """Return the status of that many answers; fewer when the connection ended."""
        found: list[int] = []
        while len(found) < count:
            head, mark, rest = self._received.partition(b"\r\n\r\n")
            fields = dict(
                line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line
            )
            length = int(fields.get(b"content-length", b"0"))
            if mark and len(rest) >= length:
                found.append(int(head.split(b" ", 2)[1]))
                self._received = rest[length:]
                continue
            part = self.socket.recv(65536)
            if not part:
                return found
            self._received += part
        return found

    def is_closed(self) -> bool:
        return self.socket.recv(1) == b""


@pytest.fixture
def reporter(platform: PlatformProcess, request: pytest.FixtureRequest) -> Iterator[Reporter]:
    name = request.node.name.split("[")[0].removeprefix("test_").replace("_", "-")[:60].strip("-")
    reporter = Reporter(platform, name)
    with closing(reporter.socket):
        reporter.socket.sendall(reporter.request())
        assert reporter.answers(1) == [200]
        yield reporter


def reports_taken(platform: PlatformProcess) -> int:
    """Return how many reports the platform says it has taken in."""
    figures = platform.ask("GET", "/metrics").text
    [line] = [one for one in figures.splitlines() if one.startswith("tagent_reports_total ")]
    return int(float(line.split()[1]))


def test_a_report_cut_anywhere_is_answered_once(reporter: Reporter) -> None:
    for size in (1, 7, 100):
        request = reporter.request()
        for start in range(0, len(request), size):
            reporter.socket.sendall(request[start : start + size])
        assert reporter.answers(1) == [200]


def test_pipelined_reports_are_answered_in_order(
    platform: PlatformProcess, reporter: Reporter
) -> None:
    whoami = f"GET /api/v1/whoami HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {platform.token('viewer')}\r\n\r\n"
    wrong = reporter.with_body(b'{"reports": 7}')
    before = reports_taken(platform)
    reporter.socket.sendall(
        reporter.request()
        + whoami.encode()
        + reporter.request()
        + wrong
        + reporter.request(detail="b")
        + reporter.request(detail="b")
    )
    assert reporter.answers(6) == [200, 200, 200, 422, 200, 200]
    assert reports_taken(platform) == before + 4


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b'{"reports": []}'])
def test_what_is_no_report_is_a_clear_error(reporter: Reporter, body: bytes) -> None:
    reporter.socket.sendall(reporter.with_body(body))
    assert reporter.answers(1) == [422]
    reporter.socket.sendall(reporter.request())
    assert reporter.answers(1) == [200]


def test_the_connection_ends_where_the_caller_wants_it_to(reporter: Reporter) -> None:
    reporter.socket.sendall(reporter.request("connection: close"))
    assert reporter.answers(1) == [200]
    assert reporter.is_closed()


def test_http_1_0_is_answered_and_closed(reporter: Reporter) -> None:
    reporter.socket.sendall(reporter.request(version="1.0"))
    assert reporter.answers(1) == [200]
    assert reporter.is_closed()


def test_continue_is_said_before_the_body(reporter: Reporter) -> None:
    request = reporter.request("expect: 100-continue")
    head, mark, body = request.partition(b"\r\n\r\n")
    reporter.socket.sendall(head + mark)
    assert reporter.answers(1) == [100]
    reporter.socket.sendall(body)
    assert reporter.answers(1) == [200]


def test_a_large_report_goes_the_usual_way(reporter: Reporter) -> None:
    padded = reporter.request()
    _head, _, body = padded.partition(b"\r\n\r\n")
    reporter.socket.sendall(reporter.with_body(body + b" " * 300_000))
    assert reporter.answers(1) == [200]


def test_a_body_that_never_ends_is_not_waited_for(reporter: Reporter) -> None:
    reporter.socket.sendall(reporter.request()[:-1])
    assert reporter.answers(1) == []


def test_a_connection_that_has_said_all_is_closed_in_the_end(reporter: Reporter) -> None:
    reporter.socket.sendall(reporter.request())
    assert reporter.answers(1) == [200]
    assert reporter.is_closed()
