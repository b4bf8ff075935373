"""Runs of experiments: they reserve their services, own their faults, and leave none behind."""

from __future__ import annotations

import asyncio

import pytest

from tagent_contract.events import EventType
from tagent_contract.experiments import (
    ClaimRequest,
    RunRequest,
    RunResult,
    RunState,
    RunView,
    Verdict,
)
from tagent_contract.faults import EndReason, FaultState, Latency
from tagent_contract.problems import ConflictReason
from tagent_platform.usecases.beat_run import beat_run
from tagent_platform.usecases.claim_run import claim_run
from tagent_platform.usecases.errors import NotFoundError, RefusedError
from tagent_platform.usecases.finish_run import finish_run
from tagent_platform.usecases.list_runs import list_runs, show_run
from tagent_platform.usecases.start_run import start_run
from tagent_platform.usecases.stop_run import stop_run
from tests.fakes.house import OPERATOR, House

PASSED = RunResult(verdict=Verdict.PASSED)
TTL_S = 600.0


async def started(house: House, *targets: str, wait: bool = False) -> RunView:
    request = RunRequest(experiment="error-is-cured", targets=targets or ("chat",), wait=wait)
    return await start_run(house.platform, request=request, actor=OPERATOR)


async def refusal(waits: object) -> ConflictReason:
    with pytest.raises(RefusedError) as caught:
        await waits  # type: ignore[misc]
    return caught.value.reason


def of(run: RunView) -> Latency:
    return Latency(run_id=run.id, ttl_s=TTL_S)


async def test_a_run_of_an_unknown_service_begins_nowhere() -> None:
    house = House()
    with pytest.raises(NotFoundError):
        await started(house, "nobody")
    with pytest.raises(NotFoundError):
        await started(house, "nobody", wait=True)


async def test_of_two_runs_at_the_same_moment_one_gets_the_service() -> None:
    house = House()
    await house.registered()
    both = await asyncio.gather(started(house), started(house), return_exceptions=True)
    refused = [each for each in both if isinstance(each, RefusedError)]
    assert [each.reason for each in refused] == [ConflictReason.TARGET_RESERVED]


async def test_a_fault_without_the_runs_id_is_refused_where_it_runs() -> None:
    house = House()
    sidecar = await house.registered()
    run = await started(house)
    assert await refusal(house.inject()) is ConflictReason.TARGET_RESERVED
    fault = await house.inject(of(run))
    await sidecar.acknowledge(fault)
    assert house.fault(fault.id).fault.run_id == run.id


async def test_a_fault_of_a_run_that_nobody_knows_is_refused() -> None:
    house = House()
    await house.registered()
    assert await refusal(house.inject(Latency(run_id="nobody"))) is ConflictReason.RUN_ENDED


async def test_a_result_ends_the_run_and_the_faults_it_left() -> None:
    house = House()
    sidecar = await house.registered()
    run = await started(house)
    fault = await house.inject(of(run))
    await sidecar.acknowledge(fault)
    await finish_run(house.platform, run_id=run.id, result=PASSED, actor=OPERATOR)
    assert house.fault(fault.id).ending is EndReason.RUN_ENDED
    assert await refusal(started(house)) is ConflictReason.END_PENDING, "until its sidecar says so"
    await sidecar.acknowledge(fault, active=False, end_reason=EndReason.CLEARED, ended_age_s=0.0)
    (target,) = house.fault(fault.id).targets.values()
    assert (target.state, target.end_reason) == (FaultState.CLEARED, EndReason.RUN_ENDED)
    assert (await started(house)).state is RunState.RUNNING


async def test_a_run_ends_once() -> None:
    house = House()
    await house.registered()
    run = await started(house)
    await finish_run(house.platform, run_id=run.id, result=PASSED, actor=OPERATOR)
    late = RunResult(verdict=Verdict.DEVIATED)
    again = finish_run(house.platform, run_id=run.id, result=late, actor=OPERATOR)
    assert await refusal(again) is ConflictReason.RUN_ENDED
    assert await refusal(beat_run(house.platform, run_id=run.id)) is ConflictReason.RUN_ENDED
    assert (await show_run(house.platform, run_id=run.id)).verdict is Verdict.PASSED


async def test_a_run_lasts_as_long_as_its_heartbeat_and_its_faults_no_longer() -> None:
    house = House()
    sidecar = await house.registered()
    run = await started(house)
    fault = await house.inject(of(run))
    await sidecar.acknowledge(fault)
    for _ in range(5):
        await house.pass_time(10)
        await sidecar.report()
        await beat_run(house.platform, run_id=run.id)
    assert house.fault(fault.id).ending is None
    await house.pass_time(8)
    await sidecar.report()
    await house.pass_time(8)
    over = await show_run(house.platform, run_id=run.id)
    assert over.verdict is Verdict.ABORTED
    assert house.fault(fault.id).ending is EndReason.RUN_ENDED


async def test_a_platform_that_was_away_waits_for_the_heartbeat_anew() -> None:
    house = House()
    await house.registered()
    run = await started(house)
    await house.clock.advance(60)
    house.start()
    await house.tick()
    assert (await show_run(house.platform, run_id=run.id)).state is RunState.RUNNING
    await house.pass_time(16)
    assert (await show_run(house.platform, run_id=run.id)).verdict is Verdict.ABORTED


async def test_a_run_that_nobody_took_for_an_hour_is_over() -> None:
    house = House()
    await house.registered()
    run = await started(house, wait=True)
    await house.clock.advance(3599)
    await house.tick()
    assert (await show_run(house.platform, run_id=run.id)).state is RunState.WAITING
    await house.clock.advance(1)
    await house.tick()
    assert (await show_run(house.platform, run_id=run.id)).verdict is Verdict.ABORTED
    ask = ClaimRequest(runner="ci-7")
    assert await claim_run(house.platform, request=ask, actor=OPERATOR) is None


async def test_a_runner_gets_the_oldest_run_that_can_begin() -> None:
    house = House()
    await house.registered()
    await house.registered("demo-1", "demo")
    busy = await started(house)
    blocked = await started(house, wait=True)
    await house.clock.advance(1)
    free = await started(house, "demo", wait=True)
    ask = ClaimRequest(runner="ci-7")
    claimed = await claim_run(house.platform, request=ask, actor=OPERATOR)
    assert claimed is not None
    assert (claimed.id, claimed.runner, claimed.state) == (free.id, "ci-7", RunState.RUNNING)
    assert await claim_run(house.platform, request=ask, actor=OPERATOR) is None
    await finish_run(house.platform, run_id=busy.id, result=PASSED, actor=OPERATOR)
    others = ClaimRequest(runner="ci-7", experiments=("another",))
    assert await claim_run(house.platform, request=others, actor=OPERATOR) is None
    claimed = await claim_run(house.platform, request=ask, actor=OPERATOR)
    assert claimed is not None
    assert claimed.id == blocked.id


async def test_who_runs_it_learns_with_its_heartbeat_that_somebody_wants_it_stopped() -> None:
    house = House()
    await house.registered()
    run = await started(house)
    await stop_run(house.platform, run_id=run.id, actor=OPERATOR, reason="enough")
    beat = await beat_run(house.platform, run_id=run.id, progress="method")
    assert (beat.state, beat.stop_asked_by) == (RunState.RUNNING, OPERATOR.name)


async def test_runs_are_listed_the_newest_first_by_experiment_service_and_state() -> None:
    house = House()
    await house.registered()
    await house.registered("demo-1", "demo")
    first = await started(house)
    await house.clock.advance(1)
    second = await started(house, "demo")
    await finish_run(house.platform, run_id=first.id, result=PASSED, actor=OPERATOR)

    async def ids(**filters: object) -> list[str]:
        page = await list_runs(house.platform, **filters)  # type: ignore[arg-type]
        return [run.id for run in page.items]

    assert await ids() == [second.id, first.id]
    assert await ids(service="chat") == [first.id]
    assert await ids(experiment="another") == []
    assert await ids(open_only=True) == [second.id]


async def test_the_event_log_tells_of_each_run() -> None:
    house = House()
    await house.registered()
    run = await started(house)
    await stop_run(house.platform, run_id=run.id, actor=OPERATOR)
    await finish_run(house.platform, run_id=run.id, result=PASSED, actor=OPERATOR)
    told = [event for event in await house.events() if event.type.startswith("run.")]
    assert [event.type for event in told] == [
        EventType.RUN_STARTED,
        EventType.RUN_STOP_ASKED,
        EventType.RUN_ENDED,
    ]
    assert {event.service for event in told} == {"chat"}
    assert told[-1].data["run"] == run.id
    assert told[-1].data["verdict"] == "passed"
