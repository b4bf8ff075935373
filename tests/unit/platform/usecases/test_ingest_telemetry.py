from __future__ import annotations

import asyncio

import pytest

from tagent_contract.faults import EndReason, FaultState, Latency, Scope
from tagent_contract.health import Health, HealthReason
from tagent_contract.problems import ConflictReason
from tagent_contract.reports import (
    AttemptProgress,
    AttemptState,
    ExitSeen,
    FaultProgress,
    LogLine,
    Window,
)
from tagent_platform.core.records import InstanceRecord, ServiceRecord, TokenRole, target_key
from tagent_platform.ports.store import StoreUnavailableError
from tagent_platform.usecases.errors import ForbiddenError, InvalidError, RefusedError
from tagent_platform.usecases.platform import Actor
from tests.fakes.house import DEGRADED, HEALTHY, UNHEALTHY, House


@pytest.fixture
def house() -> House:
    return House()


async def commits(house: House) -> int:
    return await house.store.changed(-1)


async def test_the_first_report_registers_the_instance_and_its_service(house: House) -> None:
    await house.registered("chat-1")

    assert house.instance("chat-1").health is Health.HEALTHY
    assert house.store.get(ServiceRecord, "chat") is not None
    assert await house.kinds() == ["instance.registered"]


async def test_a_report_that_says_nothing_new_commits_nothing(house: House) -> None:
    sidecar = await house.registered()
    before = await commits(house)

    await house.clock.advance(5)
    answer = await sidecar.report(windows=(Window(age_s=0.5, duration_s=5.0, requests=7),))

    assert await commits(house) == before
    assert answer.plan_revision == before
    assert [sample.at for sample in house.series.windows] == [house.clock.now() - 0.5]


async def test_a_change_of_health_is_committed_with_its_event_and_its_age(house: House) -> None:
    sidecar = await house.registered()
    await house.clock.advance(60)

    state = DEGRADED.__class__(
        health=DEGRADED.health, reason=DEGRADED.reason, since_age_s=2.0, detail="p95 2512 ms"
    )
    await sidecar.report(state=state)

    record = house.instance()
    assert (record.health, record.reason) == (Health.DEGRADED, HealthReason.LATENCY)
    assert record.since == house.clock.now() - 2.0
    (event,) = await house.events("health.changed")
    assert event.data == {"from": "HEALTHY", "to": "DEGRADED", "reason": "latency"}
    assert "p95 2512 ms" in event.text


async def test_a_detail_that_wanders_is_not_committed(house: House) -> None:
    sidecar = await house.registered()
    kind = type(DEGRADED)
    await sidecar.report(state=kind(health=DEGRADED.health, reason=DEGRADED.reason, detail="a"))
    before = await commits(house)

    await sidecar.report(state=kind(health=DEGRADED.health, reason=DEGRADED.reason, detail="b"))

    assert await commits(house) == before
    contact = house.platform.contacts.get(sidecar.key)
    assert contact is not None
    assert contact.detail == "b"


async def test_an_older_report_that_arrives_late_decides_nothing_but_its_windows_are_kept(
    house: House,
) -> None:
    sidecar = await house.registered()
    late = sidecar.next_report(
        state=UNHEALTHY, windows=(Window(age_s=0.0, duration_s=5.0, requests=3),)
    )
    await house.clock.advance(5)
    await sidecar.report()

    await house.send(late)

    assert house.instance().health is Health.HEALTHY
    assert [sample.window.requests for sample in house.series.windows] == [3]


async def test_the_same_report_twice_counts_once(house: House) -> None:
    sidecar = await house.registered()
    report = sidecar.next_report(
        state=UNHEALTHY,
        windows=(Window(age_s=0.0, duration_s=5.0),),
        logs=(LogLine(age_s=0.0, stream="stdout", level="info", text="hello"),),
    )

    await house.send(report)
    await house.send(report)

    assert len(house.series.windows) == len(house.series.lines) == 1
    assert len(await house.events("health.changed")) == 1


async def test_a_window_sent_again_in_another_report_counts_once(house: House) -> None:
    sidecar = await house.registered()
    await sidecar.report(windows=(Window(age_s=0.0, duration_s=5.0),))
    await house.clock.advance(3)

    await sidecar.report(
        windows=(Window(age_s=3.004, duration_s=5.0), Window(age_s=0.0, duration_s=3.0))
    )

    assert [sample.window.duration_s for sample in house.series.windows] == [5.0, 3.0]


async def test_a_duplicate_is_no_sign_of_life(house: House) -> None:
    sidecar = await house.registered()
    report = sidecar.next_report()
    await house.send(report)
    await house.pass_time(11)
    await house.send(report)
    await house.pass_time(2)

    assert house.instance().health is Health.OFFLINE


@pytest.mark.parametrize("sent_at", ["2099-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z"])
async def test_an_absurd_clock_moves_nothing_but_the_noted_offset(
    house: House, sent_at: str
) -> None:
    sidecar = await house.registered()

    await sidecar.report(sent_at=sent_at, state=UNHEALTHY)

    assert house.instance().since == house.clock.now()
    contact = house.platform.contacts.get(sidecar.key)
    assert contact is not None
    assert abs(contact.clock_offset_s) > 86_400


async def test_a_time_that_is_none_is_named_by_its_path(house: House) -> None:
    sidecar = await house.registered()
    wrong = sidecar.next_report(sent_at="yesterday")

    with pytest.raises(InvalidError) as raised:
        await house.send(sidecar.next_report(), wrong)
    assert raised.value.path == "$.reports[1].sent_at"


async def test_a_sidecar_speaks_for_its_own_service_alone(house: House) -> None:
    report = house.sidecar(service="chat").next_report()

    with pytest.raises(ForbiddenError, match="reports for other"):
        await house.send(report, actor=Actor("s", TokenRole.SIDECAR, "other"))
    assert not house.store.all(InstanceRecord)


async def test_the_newer_boot_takes_the_name_and_the_older_never_gets_it_back(
    house: House,
) -> None:
    older = await house.registered()
    await house.clock.advance(30)
    newer = await house.registered()

    for _ in range(2):
        with pytest.raises(RefusedError) as raised:
            await older.report(state=UNHEALTHY)
        assert raised.value.reason is ConflictReason.SUPERSEDED

    record = house.instance()
    assert record.boot_id == newer.boot_id
    assert record.health is Health.HEALTHY
    assert record.superseded_boots == (older.boot_id,)
    await house.pass_time(20)
    assert house.instance().health is Health.OFFLINE
    with pytest.raises(RefusedError):
        await house.send(house.sidecar().next_report(boot_id=older.boot_id, boot_age_s=0.0))


async def test_an_older_boot_that_reports_second_is_refused(house: House) -> None:
    older = house.sidecar()
    await house.clock.advance(30)
    newer = await house.registered()

    with pytest.raises(RefusedError) as raised:
        await older.report()
    assert raised.value.reason is ConflictReason.SUPERSEDED
    assert house.instance().boot_id == newer.boot_id


async def test_a_record_from_before_the_clock_was_set_back_does_not_lock_the_name(
    house: House,
) -> None:
    await house.registered()
    house.clock = type(house.clock)(now=house.clock.now() - 3600)
    house.start()

    newcomer = await house.registered()

    assert house.instance().boot_id == newcomer.boot_id


async def test_a_new_boot_loses_the_faults_of_the_old_one_and_arms_none_again(
    house: House,
) -> None:
    older = await house.registered()
    fault = await house.inject()
    await older.acknowledge(fault)
    await house.clock.advance(5)

    newer = await house.registered()

    (target,) = house.fault(fault.id).targets.values()
    assert (target.state, target.end_reason) == (FaultState.LOST, EndReason.SIDECAR_LOST)
    answer = await newer.poll()
    assert answer.plan is not None
    assert answer.plan.faults == ()


async def test_a_fault_of_scope_service_reaches_a_later_instance_with_what_is_left_of_its_ttl(
    house: House,
) -> None:
    await house.registered("chat-1")
    fault = await house.inject(Latency(scope=Scope.SERVICE, ttl_s=100))
    await house.clock.advance(40)

    second = await house.registered("chat-2")

    answer = await second.poll()
    assert answer.plan is not None
    (planned,) = answer.plan.faults
    assert (planned.id, planned.incarnation) == (fault.id, None)
    assert planned.ttl_left_s == pytest.approx(60, abs=0.01)


async def test_fault_progress_becomes_state_times_and_events(house: House) -> None:
    sidecar = await house.registered()
    fault = await house.inject()
    await house.clock.advance(3)
    await sidecar.acknowledge(fault, ack_age_s=2.0)
    await house.clock.advance(1)
    await sidecar.acknowledge(fault, injected=1, first_affected_age_s=0.5, last_affected_age_s=0.5)
    await house.clock.advance(4)
    await sidecar.acknowledge(
        fault, active=False, injected=9, passed=2, ended_age_s=1.0, end_reason=EndReason.TTL
    )

    record = house.fault(fault.id)
    (target,) = record.targets.values()
    armed = record.created_at
    assert target.state is FaultState.EXPIRED
    assert (target.acked_at, target.first_affected_at, target.ended_at) == (
        armed + 1,
        armed + 3.5,
        armed + 7,
    )
    assert (target.injected, target.passed) == (9, 2)
    assert (await house.kinds())[1:] == [
        "fault.armed",
        "fault.acknowledged",
        "fault.first_affected",
        "fault.ended",
    ]


async def test_counters_alone_are_written_down_about_once_a_second(house: House) -> None:
    sidecar = await house.registered()
    fault = await house.inject()
    await sidecar.acknowledge(fault, injected=1, first_affected_age_s=0.0)
    before = await commits(house)

    for injected in range(2, 32):
        await house.clock.advance(0.1)
        await sidecar.acknowledge(fault, injected=injected, first_affected_age_s=1.0)

    assert await commits(house) - before in (2, 3)
    (target,) = house.fault(fault.id).targets.values()
    assert target.injected > 20


async def test_an_end_counts_whatever_was_waiting_to_be_written(house: House) -> None:
    sidecar = await house.registered()
    fault = await house.inject()
    await sidecar.acknowledge(fault, injected=1, first_affected_age_s=0.0)

    await sidecar.acknowledge(
        fault, active=False, injected=17, ended_age_s=0.0, end_reason=EndReason.MAX_COUNT
    )

    (target,) = house.fault(fault.id).targets.values()
    assert (target.state, target.injected) == (FaultState.EXPIRED, 17)


async def test_an_exit_becomes_one_event_and_its_recovery_another(house: House) -> None:
    sidecar = await house.registered()
    exit_ = ExitSeen(number=1, incarnation="1", age_s=0.2, status="signal KILL")
    await sidecar.report(exits=(exit_,), state=UNHEALTHY)
    back = ExitSeen(
        number=1,
        incarnation="1",
        age_s=0.3,
        status="signal KILL",
        restarted_as="2",
        back_ms=80.0,
    )
    await sidecar.report(exits=(back,), incarnation="2")
    await sidecar.report(exits=(back,), incarnation="2")

    assert [kind for kind in await house.kinds() if kind.startswith("process.")] == [
        "process.exited",
        "process.back",
    ]
    (known,) = house.instance().exits
    assert known.status == "signal KILL"
    assert known.back_at is not None
    assert house.instance().incarnation == "2"


async def test_the_sidecars_own_back_off_is_known_until_it_ends(house: House) -> None:
    sidecar = await house.registered()
    held = ExitSeen(number=2, incarnation="2", age_s=0.0, status="exit 1", held_until_s=20.0)
    await sidecar.report(exits=(held,), state=UNHEALTHY)
    assert house.instance().held_until == house.clock.now() + 20

    up = ExitSeen(number=2, incarnation="2", age_s=20.0, status="exit 1", restarted_as="3")
    await sidecar.report(exits=(up,), incarnation="3")
    assert house.instance().held_until is None


async def test_what_became_of_a_restart_order_is_kept_for_healing_to_see(house: House) -> None:
    sidecar = await house.registered()
    started = AttemptProgress(
        attempt_id="a1", state=AttemptState.STARTED, age_s=1.0, incarnation="2"
    )

    await sidecar.report(attempts=(started,), incarnation="2")
    before = await commits(house)
    await sidecar.report(attempts=(started,), incarnation="2")

    attempt = house.instance().attempt
    assert attempt is not None
    assert (attempt.attempt_id, attempt.state) == ("a1", AttemptState.STARTED)
    assert await commits(house) == before


async def test_a_goodbye_forgets_the_instance_and_ends_what_it_carried(house: House) -> None:
    sidecar = await house.registered()
    fault = await house.inject()
    await sidecar.acknowledge(fault)
    late = sidecar.next_report()

    await sidecar.report(goodbye=True)
    await house.send(late)
    await house.send(sidecar.next_report())

    assert not house.store.all(InstanceRecord)
    (target,) = house.fault(fault.id).targets.values()
    assert (target.state, target.end_reason) == (FaultState.LOST, EndReason.SIDECAR_STOPPED)
    assert "instance.said_goodbye" in await house.kinds()


async def test_a_goodbye_of_someone_unknown_registers_nobody(house: House) -> None:
    await house.sidecar().report(goodbye=True)

    assert not house.store.all(InstanceRecord)
    assert await house.events() == []


async def test_many_reports_at_once_are_decided_together(house: House) -> None:
    sidecars = [house.sidecar(f"chat-{n}") for n in range(50)]
    await asyncio.gather(*(sidecar.report() for sidecar in sidecars))
    assert len(house.store.all(InstanceRecord)) == 50
    fault = await house.inject()
    before = await commits(house)
    commit = house.store.commit

    async def commit_after_others_came(changes, events=()):  # type: ignore[no-untyped-def]
        await asyncio.sleep(0)
        return await commit(changes, events)

    house.store.commit = commit_after_others_came  # type: ignore[method-assign]
    await asyncio.gather(*(sidecar.acknowledge(fault) for sidecar in sidecars))

    assert {t.state for t in house.fault(fault.id).targets.values()} == {FaultState.ACTIVE}
    assert await commits(house) - before == 2


async def test_one_batch_may_hold_several_states_of_one_instance(house: House) -> None:
    sidecar = house.sidecar()
    await house.send(
        sidecar.next_report(),
        sidecar.next_report(state=UNHEALTHY),
        sidecar.next_report(state=HEALTHY),
    )

    changes = [event.data["to"] for event in await house.events("health.changed")]
    assert changes == ["UNHEALTHY", "HEALTHY"]


class BrokenStore:
    """A store whose disk is full while `is_full`."""

    def __init__(self, house: House) -> None:
        self._commit = house.store.commit
        self.is_full = False
        house.store.commit = self.commit  # type: ignore[method-assign]

    async def commit(self, changes, events=()):  # type: ignore[no-untyped-def]
        if self.is_full:
            raise StoreUnavailableError("the disk is full")
        return await self._commit(changes, events)


async def test_what_the_store_refused_is_taken_in_when_it_comes_again(house: House) -> None:
    sidecar = await house.registered()
    disk = BrokenStore(house)
    disk.is_full = True
    report = sidecar.next_report(
        state=UNHEALTHY, windows=(Window(age_s=0.0, duration_s=5.0, requests=1),)
    )
    with pytest.raises(StoreUnavailableError):
        await house.send(report)
    assert house.instance().health is Health.HEALTHY
    assert house.series.windows == []

    disk.is_full = False
    await house.send(report)

    assert house.instance().health is Health.UNHEALTHY
    assert len(house.series.windows) == 1


async def test_who_spoke_while_the_disk_was_full_is_not_offline(house: House) -> None:
    sidecar = await house.registered()
    disk = BrokenStore(house)
    await house.clock.advance(11)
    disk.is_full = True
    with pytest.raises(StoreUnavailableError):
        await sidecar.report(state=UNHEALTHY)
    disk.is_full = False
    await house.pass_time(2)

    assert house.instance().health is Health.HEALTHY


async def test_a_restarted_platform_takes_reports_up_where_they_are(house: House) -> None:
    sidecar = await house.registered()
    fault = await house.inject()
    await sidecar.acknowledge(fault)
    house.start()

    await sidecar.report(
        faults=(FaultProgress(id=fault.id, active=True, ack_age_s=1.0, injected=4),)
    )

    key = target_key("chat-1", sidecar.boot_id)
    assert house.fault(fault.id).targets[key].injected == 4
    assert len(await house.events("fault.acknowledged")) == 1
