"""Faults between the platform and real fault engines, over a network that loses, repeats and reorders.

Whatever happens: a fault ends once on each target, acts no longer than its ttl and its lease, and once both sides hear each
other again they agree on what became of it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
)

from tagent_contract.faults import EndReason, Error, Fault, FaultState, Latency, Match, Scope
from tagent_contract.plan import Plan
from tagent_contract.reports import FaultProgress, Report
from tagent_platform.core.fault_steps import STATE_AFTER
from tagent_platform.core.records import FaultRecord, FaultTargetRecord, target_key
from tagent_platform.usecases.clear_faults import clear_faults
from tagent_platform.usecases.end_fault import end_fault
from tagent_platform.usecases.errors import NotFoundError, RefusedError
from tagent_platform.usecases.halt_all import halt_all
from tagent_platform.usecases.release_halt import release_halt
from tagent_sidecar.faults.engine import FaultEngine
from tests.fakes.house import OPERATOR, FakeSidecar, House

T = TypeVar("T")

LEASE_S = 15.0
TTL_MAX_S = 12.0
NAMES = ("chat-1", "chat-2")
BY_SILENCE = (EndReason.NOT_ACKNOWLEDGED, EndReason.SIDECAR_LOST)
HEAD = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


class SidecarProcess:
    """A boot of a sidecar: the real engine, and what of its reports and plans is under way."""

    def __init__(self, sidecar: FakeSidecar) -> None:
        self.wire = sidecar
        self.engine = FaultEngine(lease_s=LEASE_S)
        self.incarnation = 1
        self.may_act_until: dict[str, float] = {}
        self.late_reports: list[Report] = []
        self.late_plans: list[Plan] = []
        self.is_superseded = False

    @property
    def key(self) -> str:
        return target_key(self.wire.instance, self.wire.boot_id)

    def next_report(self, now: float, *, goodbye: bool = False) -> Report:
        return self.wire.next_report(
            faults=self.engine.progress(now), incarnation=str(self.incarnation), goodbye=goodbye
        )

    def receive(self, plan: Plan, now: float) -> None:
        known = set(self.engine.active_ids)
        self.engine.apply_plan(plan, now, str(self.incarnation))
        ttls = {planned.id: planned.ttl_left_s for planned in plan.faults}
        for fault_id in set(self.engine.active_ids) - known:
            assert fault_id not in self.may_act_until, f"{fault_id} was started again"
            self.may_act_until[fault_id] = now + ttls[fault_id]


class FaultsOverABadNetwork(RuleBasedStateMachine):
    faults = Bundle("faults")

    @initialize()
    def open_house(self) -> None:
        self.runner = asyncio.Runner()
        self.house = House()
        self.run(self.house.tick())
        self.processes: dict[str, SidecarProcess] = {}
        self.finals: dict[tuple[str, str], FaultTargetRecord] = {}
        for name in NAMES:
            self.boot(name)
            self.report(name)
            self.poll(name)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @property
    def now(self) -> float:
        return self.house.clock.monotonic()

    # --- what people do -----------------------------------------------------------------------------------------

    @rule(
        target=faults,
        kind=st.sampled_from([Latency, Error]),
        path=st.sampled_from(["/a", "/b", None]),
        ttl_s=st.floats(min_value=0.5, max_value=TTL_MAX_S),
        scope=st.sampled_from(Scope),
        max_count=st.sampled_from([None, None, 1, 3]),
        fetched_by=st.sampled_from([NAMES, NAMES, NAMES[:1], ()]),
    )
    def inject(self, kind: type[Fault], fetched_by: tuple[str, ...], **fields: Any) -> Any:
        path = fields.pop("path")
        fault = kind(match=Match(path=path), **fields)  # type: ignore[call-arg,misc]
        try:
            injected = self.run(self.house.inject(fault))
        except (RefusedError, NotFoundError):
            return multiple()
        for name in fetched_by:
            self.poll(name)
        return injected.id

    @rule(fault_id=faults)
    def end_one(self, fault_id: str) -> None:
        self.run(end_fault(self.house.platform, fault_id=fault_id, actor=OPERATOR))

    @rule(how=st.sampled_from(["clear", "halt", "halt and release", "release", "restart"]))
    def intervene(self, how: str) -> None:
        if how == "clear":
            self.run(clear_faults(self.house.platform, service="chat", actor=OPERATOR))
        if how == "restart":
            self.house.start()
        if how.startswith("halt"):
            self.run(halt_all(self.house.platform, reason="stop", actor=OPERATOR))
        if how.endswith("release"):
            with contextlib.suppress(RefusedError):
                self.run(release_halt(self.house.platform, actor=OPERATOR))

    @rule(
        how=st.sampled_from(["service restarts", "killed", "stopped", "superseded"]),
        name=st.sampled_from(NAMES),
    )
    def disturb(self, how: str, name: str) -> None:
        """Something happens to a sidecar, or to the service beside it."""
        process = self.processes[name]
        if how == "service restarts":
            self.restart_service(process)
            return
        if how == "stopped":
            process.engine.end_all(EndReason.SIDECAR_STOPPED, self.now)
            self.send(process, process.next_report(self.now, goodbye=True))
        self.boot(name)
        if how == "superseded":
            self.report(name)
            self.send(process, process.next_report(self.now))

    # --- time, restarts and crashes -----------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.1, 1.0, 3.0, 11.0]))
    def wait(self, seconds: float) -> None:
        while seconds > 0:
            self.run(self.house.pass_time(min(1.0, seconds)))
            seconds -= 1.0
            for process in self.processes.values():
                process.engine.expire(self.now)

    @rule(seconds=st.integers(min_value=1, max_value=12), with_requests=st.booleans())
    def go_on_as_usual(self, seconds: int, with_requests: bool) -> None:
        for _ in range(seconds):
            self.talk()
            if with_requests:
                self.requests()
            self.wait(1.0)

    def boot(self, name: str) -> None:
        self.run(self.house.clock.advance(0.1))
        self.processes[name] = SidecarProcess(self.house.sidecar(name))

    def restart_service(self, process: SidecarProcess) -> None:
        process.engine.end_incarnation(str(process.incarnation), self.now)
        process.incarnation += 1
        process.engine.start_incarnation(str(process.incarnation), self.now)

    @rule()
    def requests(self) -> None:
        for process in self.processes.values():
            for path in (b"/a", b"/b"):
                self.request(process, path)

    def request(self, process: SidecarProcess, path: bytes) -> None:
        engine = process.engine
        decision = engine.decide_request(b"GET", path, HEAD, self.now)
        if decision is not None:
            for fault_id in decision.fault_ids:
                assert self.now < process.may_act_until[fault_id]
                engine.affected(fault_id, self.now)
            engine.settle(decision.fault_ids, decision.fault_ids, self.now)

    # --- the network --------------------------------------------------------------------------------------------

    def send(self, process: SidecarProcess, report: Report) -> bool:
        try:
            self.run(self.house.send(report))
        except RefusedError:
            process.engine.end_all(EndReason.SUPERSEDED, self.now)
            process.is_superseded = True
            return False
        return True

    @rule(name=st.sampled_from(NAMES), answer_arrives=st.booleans())
    def report(self, name: str, answer_arrives: bool = True) -> None:
        process = self.processes[name]
        report = process.next_report(self.now)
        if self.send(process, report) and answer_arrives:
            process.engine.ends_delivered(report.faults)

    @rule(name=st.sampled_from(NAMES), is_lost=st.booleans())
    def report_into_the_void(self, name: str, is_lost: bool) -> None:
        process = self.processes[name]
        report = process.next_report(self.now)
        if not is_lost:
            process.late_reports.append(report)

    @rule(name=st.sampled_from(NAMES), repeats=st.integers(min_value=1, max_value=2))
    def late_report(self, name: str, repeats: int) -> None:
        process = self.processes[name]
        if process.late_reports:
            report = process.late_reports.pop()
            for _ in range(repeats):
                self.send(process, report)

    @rule(name=st.sampled_from(NAMES), how=st.sampled_from(["arrives", "lost", "late"]))
    def poll(self, name: str, how: str = "arrives") -> None:
        process = self.processes[name]
        held = process.wire.held
        try:
            answer = self.run(process.wire.poll())
        except (NotFoundError, RefusedError):
            return
        if how == "arrives":
            if answer.plan is not None:
                process.receive(answer.plan, self.now)
            if answer.confirmed_age_s <= 10:
                process.engine.renew_lease(self.now)
            return
        process.wire.held = held
        if how == "late" and answer.plan is not None:
            process.late_plans.append(answer.plan)

    @rule(name=st.sampled_from(NAMES))
    def late_plan(self, name: str) -> None:
        """A repeated answer, long after its connection broke: the sidecar still tells old from new."""
        process = self.processes[name]
        if process.late_plans:
            process.receive(process.late_plans.pop(0), self.now)
            process.engine.expire(self.now)

    # --- what always holds --------------------------------------------------------------------------------------

    @invariant()
    def nothing_acts_beyond_its_ttl(self) -> None:
        for process in self.processes.values():
            for fault_id in process.engine.active_ids:
                decision = process.engine.decide_request(
                    b"GET", b"/a", HEAD, self.now, counted=False
                )
                acting = () if decision is None else decision.fault_ids
                if fault_id in acting:
                    assert self.now < process.may_act_until[fault_id]

    @invariant()
    def what_has_ended_stays_as_it_is(self) -> None:
        for record in self.records():
            for key, target in record.targets.items():
                before = self.finals.get((record.id, key))
                assert before is None or before == target
                if target.state.is_final:
                    assert target.ended_at is not None
                    assert target.end_reason is not None
                    assert record.created_at <= target.ended_at <= self.house.clock.now()
                    self.finals[record.id, key] = target

    def records(self) -> list[FaultRecord]:
        return [item.record for item in self.house.store.all(FaultRecord).values()]

    def teardown(self) -> None:
        if not hasattr(self, "runner"):
            return
        try:
            self.everybody_hears_each_other_again()
            self.each_target_ended_once()
            self.both_sides_agree()
        finally:
            self.runner.close()

    def talk(self) -> None:
        """Both sides hear each other; then they hold the same faults to be in force."""
        for name in NAMES:
            self.report(name)
            self.poll(name)
            self.poll(name)  # which says that the plan of the first one arrived
            self.report(name)
            process = self.processes[name]
            targets = {
                record.id: target
                for record in self.records()
                for key, target in record.targets.items()
                if key == process.key
            }
            in_force = {i for i, target in targets.items() if target.state is FaultState.ACTIVE}
            assert in_force == set(process.engine.active_ids)
            assert not any(target.state is FaultState.ENDING for target in targets.values())

    def everybody_hears_each_other_again(self) -> None:
        for _ in range(int(TTL_MAX_S + LEASE_S + 5)):
            self.talk()
            self.wait(1.0)
            self.what_has_ended_stays_as_it_is()

    def each_target_ended_once(self) -> None:
        ends: dict[tuple[str | None, str | None], int] = {}
        for ended in self.run(self.house.events("fault.ended")):
            ends[ended.fault, ended.instance] = ends.get((ended.fault, ended.instance), 0) + 1
        expected: dict[tuple[str | None, str | None], int] = {}
        for record in self.records():
            for target in record.targets.values():
                assert target.state.is_final, f"{record.id} never ended: {target}"
                event(f"{target.end_reason} {'injected' if target.injected else 'in vain'}")
                at = (record.id, target.instance)
                expected[at] = expected.get(at, 0) + 1
        assert ends == expected

    def both_sides_agree(self) -> None:
        """What the platform holds was said by the sidecar, unless silence had to decide."""
        for process in self.processes.values():
            assert process.engine.active_ids == ()
            said = {item.id: item for item in _everything_known(process.engine, self.now)}
            for record in self.records():
                target, own = record.targets.get(process.key), said.get(record.id)
                if target is None or own is None or target.end_reason in BY_SILENCE:
                    continue
                assert own.end_reason is not None
                assert target.injected == own.injected
                assert target.state is STATE_AFTER[own.end_reason]


def _everything_known(engine: FaultEngine, now: float) -> list[FaultProgress]:
    """Return the engine's memory of every fault, delivered or not."""
    return [known.progress(now) for known in engine._faults.values()]


FaultsOverABadNetwork.TestCase.settings = settings(
    max_examples=30,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestFaultsOverABadNetwork = FaultsOverABadNetwork.TestCase
