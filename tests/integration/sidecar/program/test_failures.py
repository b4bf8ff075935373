"""What the sidecar does when the platform is away, slow, hostile or has enough of it; and how it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from itertools import pairwise

import pytest

from tagent_contract.faults import EndReason, Error, Latency
from tagent_contract.problems import Problem
from tagent_contract.reports import Report
from tagent_contract.times import parse_time
from tagent_contract.wire import encode
from tests.fakes.platform_server import NEVER, FakePlatform, Said
from tests.fakes.processes import free_ports
from tests.fakes.sidecar_process import SidecarProcess, get
from tests.integration.sidecar.program.conftest import StartSidecar

pytestmark = pytest.mark.integration

LEASE_S = 1.5


def problem(status: int, **said: str) -> Said:
    body = encode(Problem(type="x", title="t", status=status, **said))
    return Said(status, body, (("content-type", "application/problem+json"),))


async def with_fault(platform: FakePlatform, sidecar: SidecarProcess) -> int:
    """Arm an `error` fault; return the port of callers."""
    port = await sidecar.port()
    await platform.until(platform.is_healthy, "healthy")
    await platform.inject(Error(http_status=503), ttl_s=600)
    await platform.until(lambda: platform.progress(), "acknowledged")
    assert (await get(port))[0] == 503
    return port


async def seconds_until_well(port: int, within_s: float = LEASE_S + 2) -> float:
    """Call without pause until the service's own answer comes through; every call is answered meanwhile."""
    began = time.monotonic()
    while time.monotonic() - began < within_s + 5:
        status, _ = await get(port)
        if status == 200:
            took = time.monotonic() - began
            assert took <= within_s
            return took
        assert status == 503
        await asyncio.sleep(0.02)
    raise AssertionError("the fault did not end")


async def test_faults_end_with_the_lease_when_the_platform_is_gone(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar()
    port = await with_fault(platform, sidecar)
    await platform.stop()
    await seconds_until_well(port)
    await platform.start()
    await platform.until(lambda: not platform.progress().active, "the end is told")  # type: ignore[union-attr]
    assert platform.progress().end_reason is EndReason.LEASE_LOST  # type: ignore[union-attr]
    await asyncio.sleep(0.5)
    assert (await get(port))[0] == 200, "the plan still lists it, and an ended fault stays ended"


async def test_faults_end_with_the_lease_when_the_platform_answers_without_having_looked(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar()
    port = await with_fault(platform, sidecar)
    platform.confirmed_age_s = 11.0
    await seconds_until_well(port)


async def test_faults_end_with_the_lease_when_the_platform_takes_requests_and_never_answers(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar()
    port = await with_fault(platform, sidecar)
    platform.answer_report = lambda _report: NEVER
    platform.answer_plan = lambda _query: NEVER
    await seconds_until_well(port)


async def test_faults_do_not_outlive_a_pause_of_the_sidecar_longer_than_the_lease(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar()
    port = await with_fault(platform, sidecar)
    sidecar.signal(signal.SIGSTOP)
    await asyncio.sleep(LEASE_S + 0.5)
    sidecar.signal(signal.SIGCONT)
    await asyncio.sleep(0.2)
    # Answers that waited in its socket all the while have renewed nothing.
    assert (await get(port))[0] == 200


async def test_windows_of_the_time_without_a_platform_follow_with_their_own_ages(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar("--retry-longest-s", "0.3")
    port = await sidecar.port()
    await platform.until(platform.is_healthy, "healthy")
    await platform.stop()
    before = len(platform.reports)
    for _ in range(30):
        assert (await get(port))[0] == 200
        await asyncio.sleep(0.05)
    await platform.start()

    def requests_after() -> int:
        return sum(
            window.requests for report in platform.reports[before:] for window in report.windows
        )

    await platform.until(lambda: requests_after() >= 30, "the windows of that time")
    assert requests_after() == 30
    ends = [
        parse_time(report.sent_at) - window.age_s
        for report in platform.reports
        for window in report.windows
    ]
    assert ends == sorted(ends), "oldest first"
    gaps = [later - earlier for earlier, later in pairwise(ends)]
    assert max(gaps) < 1.0, "no stretch of time is missing"
    assert min(gaps) > 0.02, "and none is there twice"


async def test_a_full_buffer_drops_the_oldest_and_says_how_many(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar("--buffer-windows", "3", "--retry-longest-s", "0.3")
    await sidecar.port()
    await platform.until(platform.is_healthy, "healthy")
    await platform.stop()
    await asyncio.sleep(2.0)
    await platform.start()
    await platform.until(
        lambda: sum(w.windows_dropped for r in platform.reports for w in r.windows) >= 4,
        "the number of those lost",
    )


async def test_a_superseded_sidecar_proxies_on_and_never_comes_back(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar()
    port = await with_fault(platform, sidecar)
    platform.answer_report = lambda _report: problem(409, reason="superseded")
    await sidecar.until_logged("taken this name over")
    assert (await get(port))[0] == 200
    platform.answer_report = lambda _report: None
    await asyncio.sleep(0.3)
    received, polls = len(platform.received), len(platform.polls)
    await get(port, "/exit")
    await asyncio.sleep(1.0)
    assert (len(platform.received), len(platform.polls)) == (received, polls)
    assert (await get(port))[0] == 200, "it still restarts its service"
    assert await sidecar.stop() == 0
    assert len(platform.received) == received, "not even a goodbye, which would be the other's"


async def test_the_plans_route_can_say_superseded_too(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar()
    port = await with_fault(platform, sidecar)
    platform.answer_plan = lambda _query: problem(409, reason="superseded")
    await sidecar.until_logged("taken this name over")
    assert (await get(port))[0] == 200


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_token_is_said_and_tried_slowly_and_ends_faults(
    platform: FakePlatform, start_sidecar: StartSidecar, status: int
) -> None:
    sidecar = await start_sidecar("--slow-retry-s", "1")
    port = await with_fault(platform, sidecar)
    platform.answer_report = lambda _report: problem(status, detail="revoked")
    platform.answer_plan = lambda _query: problem(status, detail="revoked")
    await sidecar.until_logged(f"does not accept this sidecar's token: {status}.*revoked")
    received = len(platform.received)
    await seconds_until_well(port)
    assert len(platform.received) - received <= 4
    platform.answer_report = lambda _report: None
    told = len(platform.reports)
    await platform.until(lambda: len(platform.reports) > told, "reports again with a good token")


async def test_a_busy_platform_is_left_alone_as_long_as_it_asks_and_nothing_is_lost(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar()
    port = await sidecar.port()
    await platform.until(platform.is_healthy, "healthy")
    refused: list[Report] = []
    refused_at: list[float] = []

    def busy(report: Report) -> Said:
        refused.append(report)
        refused_at.append(time.monotonic())
        return Said(503, b"", (("retry-after", "2"),))

    platform.answer_report = busy
    await platform.until(lambda: refused, "refused")
    for _ in range(10):
        await get(port)
    await get(port, "/exit")
    await platform.until(lambda: len(refused) > 1, "tried again")
    assert refused_at[1] - refused_at[0] >= 2, "not even a change is told before it is time"
    platform.answer_report = lambda _report: None
    await platform.until(lambda: platform.reports[-1].seq > refused[-1].seq, "later reports")
    kept = [report for report in platform.reports if report.seq > refused[-1].seq]
    assert sum(window.requests for report in kept for window in report.windows) >= 10
    assert [seen.status for report in kept for seen in report.exits][:1] == ["exit 3"]
    refused_ages = {window.requests for report in refused for window in report.windows}
    assert refused_ages <= {w.requests for r in kept for w in r.windows}


async def test_a_report_that_is_refused_for_its_content_is_not_repeated_for_ever(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar()
    await sidecar.port()
    await platform.until(platform.is_healthy, "healthy")
    bad_from = len(platform.received)
    platform.answer_report = lambda report: (
        problem(422, field="$.reports[0].windows[0]", detail="no") if report.windows else None
    )
    await sidecar.until_logged(
        r"refuses a report for its content: 422.*windows\[0\].*windows lost: 1"
    )
    platform.answer_report = lambda _report: None
    told = len(platform.reports)
    await platform.until(lambda: len(platform.reports) > told + 2, "reports again")
    assert len(platform.received) > bad_from
    assert sum(w.windows_dropped for r in platform.reports for w in r.windows) >= 1


async def test_a_slow_platform_slows_no_request(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar()
    port = await sidecar.port()
    await platform.until(platform.is_healthy, "healthy")
    platform.report_delay_s = 0.8
    platform.answer_plan = lambda _query: NEVER
    slowest = 0.0
    for _ in range(60):
        began = time.monotonic()
        assert (await get(port))[0] == 200
        slowest = max(slowest, time.monotonic() - began)
        await asyncio.sleep(0.02)
    assert slowest < 0.5


@pytest.mark.parametrize(
    "nonsense",
    [
        Said(200, b"not json"),
        Said(200, b'{"epoch": 1}'),
        Said(500, b"<html>"),
        Said(200, b"", (("content-length", "-4"),)),
        Said(302, b"", (("location", "http://127.0.0.1:1/"),)),
        Said(200, b"x", (("transfer-encoding", "chunked"),)),
        Said(999, b""),
    ],
    ids=["text", "wrong type", "error page", "bad length", "redirect", "bad chunk", "odd status"],
)
async def test_nonsense_from_the_platform_breaks_nothing(
    platform: FakePlatform, start_sidecar: StartSidecar, nonsense: Said
) -> None:
    platform.answer_report = lambda _report: nonsense
    platform.answer_plan = lambda _query: nonsense
    sidecar = await start_sidecar()
    port = await sidecar.port()
    await platform.until(lambda: len(platform.received) >= 2, "it tries again")
    platform.answer_report = lambda _report: None
    await platform.until(platform.is_healthy, "healthy")
    platform.answer_plan = lambda _query: None
    await platform.inject(Latency(latency_ms=1))
    await platform.until(lambda: platform.progress(), "acknowledged")
    assert (await get(port))[0] == 200


async def test_a_term_signal_ends_faults_drains_and_says_goodbye(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar()
    port = await sidecar.port()
    await platform.until(platform.is_healthy, "healthy")
    await platform.inject(Latency(latency_ms=30_000), ttl_s=600)
    await platform.until(lambda: platform.progress(), "acknowledged")
    waiting = asyncio.create_task(get(port))
    await asyncio.sleep(0.2)
    sidecar.signal(signal.SIGTERM)
    assert (await waiting)[0] == 200, "what a fault held back is let go, and answered"
    assert await sidecar.ended() == 0
    assert platform.last.goodbye
    assert platform.progress().end_reason is EndReason.SIDECAR_STOPPED  # type: ignore[union-attr]
    assert (await get(port))[0] == 0
    assert not sidecar.unreadable


async def test_it_ends_in_time_without_a_platform(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar()
    await sidecar.port()
    await platform.until(platform.is_healthy, "healthy")
    await platform.stop()
    sidecar.signal(signal.SIGINT)
    assert await sidecar.ended(within_s=8) == 0


async def test_a_second_signal_hurries(platform: FakePlatform, start_sidecar: StartSidecar) -> None:
    sidecar = await start_sidecar("--drain-timeout-s", "60")
    port = await sidecar.port()
    await platform.until(platform.is_healthy, "healthy")
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf")
    await asyncio.sleep(0.2)
    sidecar.signal(signal.SIGTERM)
    await sidecar.until_logged("asked to end")
    await asyncio.sleep(0.3)
    sidecar.signal(signal.SIGTERM)
    assert await sidecar.ended(within_s=10) == 0
    writer.close()


BUG = """
import sys
from tagent_sidecar.{module} import {name}
def broken(*_arguments, **_named):
    raise RuntimeError("a bug of ours")
{name}.{method} = broken
from tagent_sidecar.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize(
    "bug",
    [
        BUG.format(module="windows", name="WindowCutter", method="cut"),
        BUG.format(module="listeners", name="Listeners", method="plan_received"),
        BUG.format(module="report_source", name="SidecarReports", method="answered"),
    ],
    ids=["windows", "plan", "reports"],
)
async def test_a_bug_in_the_background_ends_everything_and_is_logged(
    platform: FakePlatform, start_sidecar: StartSidecar, bug: str
) -> None:
    sidecar = await start_sidecar(program=("-c", bug))
    port = await sidecar.port()
    assert await sidecar.ended() == 1
    (failure,) = [line for line in sidecar.logged if "a part of it failed" in line["text"]]
    assert "a bug of ours" in failure["traceback"]
    assert not sidecar.unreadable
    assert (await get(port))[0] == 0
    assert sidecar.find("incarnation 1 is gone")


async def test_it_runs_alone(start_sidecar: StartSidecar) -> None:
    sidecar = await start_sidecar(linked=False)
    port = await sidecar.port()
    await sidecar.until_logged("health is HEALTHY")
    assert (await get(port))[0] == 200
    await get(port, "/exit")
    await sidecar.until_logged("incarnation 2 is starting")
    assert await sidecar.stop() == 0


async def test_a_taken_port_is_said_in_one_sentence() -> None:
    async with await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        sidecar = await SidecarProcess.start(
            ["--listen", f"127.0.0.1:{port}", "--target", "127.0.0.1:1"]
        )
        assert await sidecar.ended() == 1
    assert sidecar.texts == [
        f"cannot listen on 127.0.0.1:{port} (--listen): address already in use"
    ]
    assert not sidecar.unreadable


async def test_a_taken_admin_port_is_said_too() -> None:
    async with await asyncio.start_server(lambda _r, w: w.close(), "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        sidecar = await SidecarProcess.start(
            ["--admin", f"127.0.0.1:{port}", "--target", "127.0.0.1:1"]
        )
        assert await sidecar.ended() == 1
    assert "(--admin): address already in use" in sidecar.texts[-1]


async def test_wrong_usage_ends_with_2_and_one_line() -> None:
    sidecar = await SidecarProcess.start(["--target", "nowhere"])
    assert await sidecar.ended() == 2
    assert sidecar.unreadable == [
        "tagent-sidecar: --target: 'nowhere' is not HOST:PORT, such as 127.0.0.1:9001\n"
    ]


async def test_nothing_stays_behind(platform: FakePlatform, start_sidecar: StartSidecar) -> None:
    sidecar = await start_sidecar()
    port = await sidecar.port()
    await platform.until(platform.is_healthy, "healthy")
    pid = int((await get(port))[1])
    sidecar.signal(signal.SIGKILL)
    await sidecar.ended()
    async with asyncio.timeout(5):
        while _lives(pid):
            await asyncio.sleep(0.02)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def test_a_start_before_the_platform_is_there_registers_later() -> None:
    (port,) = free_ports(1)
    platform = FakePlatform(port=port)
    sidecar = await SidecarProcess.start(
        ["--target", "127.0.0.1:1", "--platform-url", platform.url],
        {"TAGENT_TOKEN": "sidecar-token-0123456789"},
    )
    try:
        await sidecar.until_logged("reports wait.*not reachable")
        await platform.start()
        await platform.until(lambda: platform.reports, "registered")
        assert not platform.last.supervised
        assert "crash" in platform.last.missing
    finally:
        await sidecar.stop()
        await platform.stop()
