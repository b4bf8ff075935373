"""The sidecar as a process against a platform that the test plays: what it tells, and what it does when told."""

from __future__ import annotations

import asyncio
import time

import pytest

from tagent_contract.faults import EndReason, Error, Latency
from tagent_contract.health import Health
from tagent_contract.plan import PlanFault, RestartOrder
from tagent_contract.policy import HealingPolicy, HealthPolicy, Mode, ServicePolicy
from tagent_contract.reports import AttemptState
from tests.fakes.platform_server import NEVER, TOKEN, FakePlatform, Said
from tests.fakes.sidecar_process import get
from tests.integration.sidecar.program.conftest import StartSidecar

pytestmark = pytest.mark.integration


async def test_it_registers_and_tells_that_its_service_is_healthy(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar("--instance", "toy-a")
    port = await sidecar.port()
    await platform.until(platform.is_healthy, "healthy")
    report = platform.last
    assert (report.service, report.instance, report.incarnation) == ("toy", "toy-a", "1")
    assert report.address == f"127.0.0.1:{port}"
    assert report.supervised
    assert "latency" in report.capabilities
    assert {report.boot_id for report in platform.reports} == {report.boot_id}
    numbers = [report.seq for report in platform.reports]
    assert numbers == sorted(set(numbers))


async def test_windows_carry_what_callers_did(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar()
    port = await sidecar.port()
    await platform.until(platform.is_healthy, "healthy")
    for _ in range(20):
        assert (await get(port))[0] == 200

    def requests() -> int:
        return sum(window.requests for report in platform.reports for window in report.windows)

    await platform.until(lambda: requests() >= 20, "the requests in windows")
    await asyncio.sleep(0.5)
    assert requests() == 20, "checks of our own are no requests, and no window is sent twice"
    windows = [window for report in platform.reports for window in report.windows]
    assert sum(sum(window.whole.counts.values()) for window in windows) == 20
    assert sum(window.outside.passed for window in windows) > 0
    assert any(window.rss_bytes for window in windows)
    assert any(window.sidecar_rss_bytes for window in windows)


async def test_a_fault_acts_and_is_acknowledged_at_once(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar("--report-interval-s", "30", "--lease-s", "60")
    port = await sidecar.port()
    await platform.until(lambda: platform.is_healthy() and platform.polls, "healthy, and waiting")
    await asyncio.sleep(0.2)
    await platform.inject(Error(http_status=503))
    await platform.until(lambda: platform.progress(), "the acknowledgement", within_s=5)
    assert (await get(port))[0] == 503
    await platform.until(lambda: platform.progress().injected == 1, "the first one affected")  # type: ignore[union-attr]
    progress = platform.progress()
    assert progress is not None
    assert progress.active
    assert progress.first_affected_age_s is not None


async def test_a_cleared_fault_ends_and_its_end_is_told_until_answered(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar()
    port = await sidecar.port()
    await platform.until(platform.is_healthy, "healthy")
    await platform.inject(Error())
    await platform.until(lambda: platform.progress(), "acknowledged")
    unanswered: list[EndReason | None] = []

    def refuse_the_end_twice(report: object) -> None:
        ended = [item for item in report.faults if not item.active]  # type: ignore[attr-defined]
        if ended and len(unanswered) < 2:
            unanswered.append(ended[0].end_reason)
            raise ConnectionError("the platform vanishes while it reads this")

    platform.answer_report = refuse_the_end_twice  # type: ignore[assignment]
    await platform.set_plan(faults=(), ending={"f1": "cleared"})
    await platform.until(lambda: not platform.progress().active, "the end")  # type: ignore[union-attr]
    assert unanswered == [EndReason.CLEARED] * 2
    assert (await get(port))[0] == 200
    told = len(platform.reports)
    await platform.until(lambda: len(platform.reports) > told + 1, "later reports")
    assert platform.last.faults == (), "what was answered is told no more"


async def test_a_plan_that_stays_is_answered_304_and_keeps_the_lease(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    await start_sidecar()
    await platform.until(platform.is_healthy, "healthy")
    await platform.inject(Latency(latency_ms=1), ttl_s=60)
    await platform.until(lambda: platform.progress(), "acknowledged")
    await asyncio.sleep(3.0)  # Twice the lease.
    assert platform.progress().active  # type: ignore[union-attr]
    held = {(poll.get("epoch"), poll.get("revision")) for poll in platform.polls[-3:]}
    assert held == {("e1", str(platform.plan.revision))}


async def test_long_polls_alone_keep_the_lease_when_reports_are_refused(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar("--plan-wait-s", "10")
    port = await sidecar.port()
    await platform.until(platform.is_healthy, "healthy")
    await platform.inject(Error(http_status=503))
    await platform.until(lambda: platform.progress(), "acknowledged")
    refused = len(platform.received)

    def refuse(_report: object) -> None:
        raise ConnectionError

    platform.answer_report = refuse  # type: ignore[assignment]
    ends = time.monotonic() + 4
    while time.monotonic() < ends:
        assert (await get(port))[0] == 503
        await asyncio.sleep(0.05)
    assert len(platform.received) == refused


async def test_plain_polling_works_as_well(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar("--plan-wait-s", "0", "--plan-interval-s", "0.1")
    port = await sidecar.port()
    await platform.until(platform.is_healthy, "healthy")
    await platform.inject(Error(http_status=418))
    await platform.until(lambda: platform.progress(), "acknowledged")
    assert (await get(port))[0] == 418
    await asyncio.sleep(2.0)
    assert platform.progress().active  # type: ignore[union-attr]
    assert all("wait_s" not in poll or float(poll["wait_s"]) == 0 for poll in platform.polls)


async def test_a_report_that_speaks_of_a_newer_plan_ends_a_long_poll_that_keeps_it_back(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    stuck: list[dict[str, str]] = []

    def hold_back(query: dict[str, str]) -> Said | None:
        if "revision" not in query or stuck:
            return None
        stuck.append(query)
        return NEVER

    platform.answer_plan = hold_back
    await start_sidecar("--plan-wait-s", "60", "--lease-s", "90")
    await platform.until(lambda: stuck, "a poll that is stuck")
    await platform.inject(Latency(latency_ms=1))
    await platform.until(lambda: platform.progress(), "acknowledged all the same", within_s=5)


async def test_a_restart_order_is_carried_out_once(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar()
    port = await sidecar.port()
    await platform.until(platform.is_healthy, "healthy")
    _, pid = await get(port)
    await platform.set_plan(restart=RestartOrder(incarnation="1", attempt_id="a1"))
    await platform.until(
        lambda: any(
            attempt.state is AttemptState.ANSWERED
            for report in platform.reports
            for attempt in report.attempts
        ),
        "the attempt's end",
    )
    await platform.set_plan()  # The same order under another revision.
    await asyncio.sleep(0.5)
    assert platform.last.incarnation == "2"
    assert (await get(port))[1] != pid
    exits = {seen.number: seen for report in platform.reports for seen in report.exits}
    assert [(seen.cause, seen.restarted_as) for seen in exits.values()] == [("order", "2")]


async def test_a_crash_of_the_service_is_told_at_once_and_mended(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar("--report-interval-s", "30", "--lease-s", "60")
    port = await sidecar.port()
    await platform.until(platform.is_healthy, "healthy")
    assert (await get(port, "/exit"))[0] in {0, 502}
    await platform.until(
        lambda: any(
            seen.back_ms is not None for report in platform.reports for seen in report.exits
        ),
        "the exit and the way back",
        within_s=10,
    )
    exits = [seen for report in platform.reports for seen in report.exits]
    assert {seen.status for seen in exits} == {"exit 3"}
    assert exits[-1].restarted_as == "2"
    assert any(report.state.health is Health.UNHEALTHY for report in platform.reports)
    await platform.until(platform.is_healthy, "healthy again")


async def test_the_plans_policy_is_followed(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar()
    port = await sidecar.port()
    await platform.until(platform.is_healthy, "healthy")
    await platform.set_plan(
        policy=ServicePolicy(
            health=HealthPolicy(check_interval_s=0.1), healing=HealingPolicy(mode=Mode.CHECK)
        )
    )
    polled = len(platform.polls)
    await platform.until(lambda: len(platform.polls) > polled + 1, "the plan was taken")
    await get(port, "/exit")
    await platform.until(
        lambda: platform.last.exits or platform.last.state.health is Health.UNHEALTHY, "down"
    )
    await asyncio.sleep(0.5)
    assert platform.last.incarnation == "1"
    assert (await get(port))[0] == 502


async def test_a_fault_of_one_incarnation_ends_with_it(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    sidecar = await start_sidecar()
    port = await sidecar.port()
    await platform.until(platform.is_healthy, "healthy")
    planned = PlanFault(id="f1", fault=Latency(latency_ms=1), ttl_left_s=60, incarnation="1")
    await platform.set_plan(faults=(planned,))
    await platform.until(lambda: platform.progress(), "acknowledged")
    await get(port, "/exit")
    await platform.until(lambda: not platform.progress().active, "the end")  # type: ignore[union-attr]
    assert platform.progress().end_reason is EndReason.RESTARTED  # type: ignore[union-attr]


async def test_log_lines_arrive_without_secrets_and_the_service_knows_no_token(
    platform: FakePlatform, start_sidecar: StartSidecar
) -> None:
    await start_sidecar(
        toy=("--say", r"ERROR \x1b[31mlogin\x00 password=hunter2", "--say-bytes", "1000000")
    )
    lines = lambda: [line for report in platform.reports for line in report.logs]  # noqa: E731
    await platform.until(lambda: len(lines()) >= 2, "the lines")
    said, long = lines()[:2]
    assert said.text == "ERROR login\ufffd password=[redacted]"
    assert said.level == "error"
    assert 0 < len(long.text) <= 4096
    assert TOKEN not in str(platform.reports)
