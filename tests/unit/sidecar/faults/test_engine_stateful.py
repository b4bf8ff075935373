"""Any order of plans, requests, restarts, failures and time: every fault ends exactly once, and its counts add up."""

from __future__ import annotations

import dataclasses
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)

from tagent_contract.faults import (
    FAULT_KINDS,
    PROCESS_FAULTS,
    EndReason,
    FaultBase,
    Match,
    Scope,
    fault_type,
)
from tagent_contract.plan import Plan, PlanFault
from tagent_sidecar.faults.commands import Command, StartProcessFault, StopProcessFault
from tagent_sidecar.faults.effects import RequestDecision
from tagent_sidecar.faults.engine import TOMBSTONE_MARGIN_S, FaultEngine

LEASE_S = 15.0
HEAD = b"GET /a HTTP/1.1\r\nHost: a\r\n\r\n"


@dataclasses.dataclass
class Account:
    """What the outside world saw of one fault."""

    deadline: float
    max_count: int | None
    is_process: bool
    ends: int = 0
    decided: int = 0
    affected: int = 0


@st.composite
def faults(draw: st.DrawFn) -> FaultBase:
    kind = FAULT_KINDS[draw(st.sampled_from(sorted(FAULT_KINDS)))]
    options: dict[str, Any] = {
        "probability": draw(st.sampled_from([0.0, 0.5, 1.0])),
        "max_count": draw(st.none() | st.integers(1, 3)),
        "scope": draw(st.sampled_from(Scope)),
        "match": draw(st.sampled_from([Match(), Match(path="/a"), Match(path="/b")])),
        "seed": draw(st.integers(0, 9)),
    }
    return kind(**options)


class EngineMachine(RuleBasedStateMachine):
    """Drives an engine as a platform, callers, a supervisor and a clock would, each out of step with the others."""

    open_decisions: Bundle[RequestDecision] = Bundle("open_decisions")

    @initialize()
    def start(self) -> None:
        self.now = 1000.0
        self.engine = FaultEngine(lease_s=LEASE_S, missing={"memory": "not here"})
        self.accounts: dict[str, Account] = {}
        self.lease_until = float("-inf")
        self.epoch, self.revision = 0, 0
        self.incarnation = 1
        self.engine.apply_plan(Plan(epoch="0", revision=0), self.now, "1")
        self.running: set[str] = set()
        self.forgotten: set[str] = set()
        self.known_active: set[str] = set()

    # --- the platform -------------------------------------------------------------------------------------------

    @rule(
        new=st.lists(st.tuples(faults(), st.floats(0, 50)), max_size=3),
        keep=st.randoms(use_true_random=False),
        halted=st.sampled_from([False, False, False, True]),
        step=st.sampled_from(["next", "same", "older", "epoch"]),
        lease=st.booleans(),
    )
    def plan_arrives(
        self, new: list[tuple[FaultBase, float]], keep: Any, halted: bool, step: str, lease: bool
    ) -> None:
        if lease:
            self.engine.renew_lease(self.now)
            self.lease_until = self.now + LEASE_S
        if step == "epoch":
            self.epoch, self.revision = self.epoch + 1, 0
        elif step == "next":
            self.revision += 1
        revision = max(0, self.revision - (step == "older"))
        is_taken = step in ("next", "epoch")
        planned = [
            PlanFault(id=fault_id, fault=FAULT_KINDS["error"](), ttl_left_s=40.0)  # type: ignore[arg-type]
            for fault_id in sorted(self.accounts)
            if fault_id not in self.forgotten and keep.random() < 0.6
        ]
        for fault, ttl_left_s in new:
            fault_id = f"f{len(self.accounts) + 1000 * (not is_taken)}"
            planned.append(PlanFault(id=fault_id, fault=fault, ttl_left_s=ttl_left_s))  # type: ignore[arg-type]
            if is_taken and not halted:
                self.accounts[fault_id] = Account(
                    self.now + ttl_left_s, fault.max_count, fault_type(fault) in PROCESS_FAULTS
                )
        plan = Plan(epoch=str(self.epoch), revision=revision, faults=tuple(planned), halted=halted)
        before = self.engine.active_ids
        self.carry_out(self.engine.apply_plan(plan, self.now, str(self.incarnation)))
        if not is_taken:
            assert self.engine.active_ids == before

    @rule(reason=st.sampled_from([EndReason.HALTED, EndReason.SUPERSEDED]))
    def all_end(self, reason: EndReason) -> None:
        self.carry_out(self.engine.end_all(reason, self.now))
        assert self.engine.active_ids == ()

    @rule()
    def report_is_answered(self) -> None:
        self.engine.ends_delivered(self.engine.progress(self.now))
        assert all(item.active for item in self.engine.progress(self.now))

    # --- callers ------------------------------------------------------------------------------------------------

    @rule(target=open_decisions, counted=st.booleans(), path=st.sampled_from([b"/a", b"/b"]))
    def request_comes(self, counted: bool, path: bytes) -> Any:
        decision = self.engine.decide_request(b"GET", path, HEAD, self.now, counted=counted)
        if decision is None:
            return multiple()
        assert self.engine.has_request_faults
        assert self.now < self.lease_until
        for fault_id in decision.fault_ids:
            account = self.accounts[fault_id]
            assert self.now < account.deadline
            assert not account.is_process
            if counted:
                account.decided += 1
        return decision if counted else multiple()

    @rule(decision=consumes(open_decisions), chance=st.randoms(use_true_random=False))
    def request_ends(self, decision: RequestDecision, chance: Any) -> None:
        happened = {fault_id for fault_id in decision.fault_ids if chance.random() < 0.7}
        for fault_id in happened:
            if fault_id in self.engine.active_ids:
                self.accounts[fault_id].affected += 1
            self.engine.affected(fault_id, self.now)
        self.engine.settle(decision.fault_ids, happened, self.now)

    @rule()
    def connection_comes(self) -> None:
        refusing = set(self.engine.active_ids)
        if self.engine.refuses_connection(self.now):
            for item in self.engine.progress(self.now):
                if item.id in refusing and item.injected > self.accounts[item.id].affected:
                    self.accounts[item.id].affected += 1

    # --- the supervisor -----------------------------------------------------------------------------------------

    @rule()
    def service_restarts(self) -> None:
        self.carry_out(self.engine.end_incarnation(str(self.incarnation), self.now))
        self.incarnation += 1
        self.carry_out(self.engine.start_incarnation(str(self.incarnation), self.now))

    @rule(done=st.booleans())
    def process_fault_answers(self, done: bool) -> None:
        for fault_id in sorted(self.running):
            if done:
                self.engine.process_fault_done(fault_id, self.now)
                self.accounts[fault_id].affected = 1
            else:
                self.engine.process_fault_failed(fault_id, "could not", self.now)
                self.running.discard(fault_id)

    # --- time ---------------------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.0, 0.5, 3.0, 14.0, 16.0, 120.0]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule()
    def timer_fires(self) -> None:
        self.carry_out(self.engine.expire(self.now))
        for item in self.engine.progress(self.now):
            if item.active:
                assert self.now < self.accounts[item.id].deadline
                assert self.now < self.lease_until
        deadline = self.engine.next_deadline(self.now)
        assert (deadline is None) == (not self.engine.active_ids)
        assert deadline is None or deadline > self.now
        self.forgotten |= {
            fault_id
            for fault_id, account in self.accounts.items()
            if self.now >= account.deadline + TOMBSTONE_MARGIN_S
        }

    # --- what always holds --------------------------------------------------------------------------------------

    def carry_out(self, commands: list[Command]) -> None:
        for command in commands:
            if isinstance(command, StartProcessFault):
                assert command.id in self.engine.active_ids
                assert command.until == self.accounts[command.id].deadline
                self.running.add(command.id)
            elif isinstance(command, StopProcessFault):
                assert command.id not in self.engine.active_ids
                self.running.discard(command.id)

    @invariant()
    def each_fault_ends_exactly_once(self) -> None:
        if not hasattr(self, "engine"):
            return
        active = set(self.engine.active_ids)
        for fault_id in self.known_active - active:
            self.accounts[fault_id].ends += 1
        assert all(self.accounts[fault_id].ends == 0 for fault_id in active)
        assert all(account.ends <= 1 for account in self.accounts.values())
        self.known_active = active

    @invariant()
    def no_process_fault_outlives_its_end(self) -> None:
        if hasattr(self, "engine"):
            assert self.running <= set(self.engine.active_ids)

    @invariant()
    def counts_add_up(self) -> None:
        if not hasattr(self, "engine"):
            return
        for item in self.engine.progress(self.now):
            account = self.accounts[item.id]
            assert item.active == (item.end_reason is None)
            assert (item.first_affected_age_s is None) == (item.injected == 0)
            assert item.injected == account.affected
            if account.max_count is not None and not account.is_process:
                assert item.injected <= account.max_count

    @invariant()
    def flags_say_what_is_armed(self) -> None:
        if not hasattr(self, "engine"):
            return
        if not self.engine.active_ids:
            assert not self.engine.has_request_faults
            assert not self.engine.may_refuse
            assert self.engine.port_closed_by is None


EngineMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestEngine = EngineMachine.TestCase
