from __future__ import annotations

import pytest

from tagent_contract.faults import (
    Cpu,
    Crash,
    Down,
    EndReason,
    Error,
    Fault,
    Hang,
    Latency,
    Match,
    Scope,
)
from tagent_contract.plan import Plan, PlanFault
from tagent_contract.reports import FaultProgress
from tagent_sidecar.faults.commands import ConnectionsChanged, StartProcessFault, StopProcessFault
from tagent_sidecar.faults.engine import TOMBSTONE_MARGIN_S, FaultEngine

HEAD = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def planned(fault_id: str, fault: Fault, *, ttl_left_s: float = 60.0, **more: str) -> PlanFault:
    return PlanFault(id=fault_id, fault=fault, ttl_left_s=ttl_left_s, **more)  # type: ignore[arg-type]


def plan(revision: int, *faults: PlanFault, epoch: str = "e", halted: bool = False) -> Plan:
    return Plan(epoch=epoch, revision=revision, faults=faults, halted=halted)


def engine_with(*faults: PlanFault, **options: object) -> FaultEngine:
    engine = FaultEngine(**options)  # type: ignore[arg-type]
    engine.renew_lease(0.0)
    engine.apply_plan(plan(1, *faults), 0.0, "1")
    return engine


def told(engine: FaultEngine, fault_id: str, now: float = 1.0) -> FaultProgress:
    return next(item for item in engine.progress(now) if item.id == fault_id)


def decides(engine: FaultEngine, now: float = 1.0) -> bool:
    return engine.decide_request(b"GET", b"/", HEAD, now) is not None


# --- plans ---------------------------------------------------------------------------------------------------------


def test_a_new_engine_has_no_fault() -> None:
    engine = FaultEngine()
    assert engine.active_ids == ()
    assert not engine.has_request_faults
    assert engine.next_deadline(0.0) is None
    assert engine.progress(0.0) == ()


def test_a_plan_arms_and_a_later_one_without_it_clears() -> None:
    engine = engine_with(planned("a", Error()))
    assert engine.has_request_faults
    assert decides(engine)
    commands = engine.apply_plan(plan(2), 2.0, "1")
    assert commands == [ConnectionsChanged(frozenset({"a"}))]
    assert not engine.has_request_faults
    assert told(engine, "a").end_reason is EndReason.CLEARED


def test_an_older_or_equal_revision_does_nothing_and_a_new_epoch_replaces() -> None:
    engine = engine_with(planned("a", Error()))
    assert engine.apply_plan(plan(1), 1.0, "1") == []
    assert engine.apply_plan(plan(0), 1.0, "1") == []
    assert engine.active_ids == ("a",)
    engine.apply_plan(plan(0, planned("b", Error()), epoch="f"), 1.0, "1")
    assert engine.active_ids == ("b",)


def test_a_known_fault_keeps_its_first_deadline() -> None:
    engine = engine_with(planned("a", Error(), ttl_left_s=10.0))
    engine.apply_plan(plan(2, planned("a", Error(), ttl_left_s=500.0)), 5.0, "1")
    engine.renew_lease(9.0)
    engine.expire(10.0)
    assert told(engine, "a", 10.0).end_reason is EndReason.TTL


def test_the_reason_of_an_end_is_the_plan_s() -> None:
    engine = engine_with(planned("a", Error()), planned("b", Error()), planned("c", Error()))
    engine.apply_plan(
        Plan(epoch="e", revision=2, ending={"a": "recovered", "b": "a word of tomorrow"}), 1.0, "1"
    )
    assert told(engine, "a").end_reason is EndReason.RECOVERED
    assert told(engine, "b").end_reason is EndReason.CLEARED
    assert told(engine, "c").end_reason is EndReason.CLEARED


def test_a_halt_ends_all_even_if_the_plan_lists_some() -> None:
    engine = engine_with(planned("a", Error()))
    engine.apply_plan(plan(2, planned("a", Error()), planned("b", Error()), halted=True), 1.0, "1")
    assert engine.active_ids == ()
    assert told(engine, "a").end_reason is EndReason.HALTED


def test_an_ended_id_is_final_until_well_after_its_ttl() -> None:
    engine = engine_with(planned("a", Error(), ttl_left_s=10.0))
    engine.apply_plan(plan(2), 1.0, "1")
    engine.apply_plan(plan(3, planned("a", Error())), 2.0, "1")
    assert engine.active_ids == ()
    engine.expire(10.0 + TOMBSTONE_MARGIN_S - 1)
    engine.apply_plan(plan(4, planned("a", Error())), 69.0, "1")
    assert engine.active_ids == ()
    engine.expire(10.0 + TOMBSTONE_MARGIN_S)
    assert engine.progress(70.0) == ()


def test_a_fault_whose_time_was_over_before_it_came_ends_as_such() -> None:
    engine = engine_with(planned("a", Error(), ttl_left_s=0.0))
    assert told(engine, "a").end_reason is EndReason.TTL
    assert not engine.has_request_faults


# --- time and lease ------------------------------------------------------------------------------------------------


def test_no_request_is_struck_after_the_ttl_even_before_expire_was_called() -> None:
    engine = engine_with(planned("a", Error(), ttl_left_s=10.0))
    engine.renew_lease(9.0)
    assert decides(engine, 9.9)
    assert not decides(engine, 10.0)


def test_a_lost_lease_ends_everything_and_strikes_nothing() -> None:
    engine = engine_with(planned("a", Error()), planned("b", Hang()), lease_s=15.0)
    assert decides(engine, 14.9)
    assert not decides(engine, 15.0)
    assert engine.expire(14.9) == []
    commands = engine.expire(15.0)
    assert StopProcessFault("b") in commands
    assert ConnectionsChanged(frozenset({"a"})) in commands
    assert told(engine, "a", 15.0).end_reason is EndReason.LEASE_LOST


def test_a_renewed_lease_goes_on() -> None:
    engine = engine_with(planned("a", Error()), lease_s=15.0)
    engine.renew_lease(14.0)
    assert engine.expire(20.0) == []
    assert engine.next_deadline(20.0) == 29.0


def test_an_engine_that_never_had_a_lease_strikes_nothing() -> None:
    engine = FaultEngine()
    engine.apply_plan(plan(1, planned("a", Error())), 0.0, "1")
    assert not decides(engine, 0.1)


def test_the_next_deadline_is_the_earliest() -> None:
    engine = engine_with(
        planned("a", Error(), ttl_left_s=10.0), planned("b", Error(), ttl_left_s=5)
    )
    assert engine.next_deadline(0.0) == 5.0
    engine.expire(5.0)
    assert engine.next_deadline(5.0) == 10.0


def test_end_all_ends_all_once() -> None:
    engine = engine_with(planned("a", Error()), planned("b", Cpu()))
    assert len(engine.end_all(EndReason.SIDECAR_STOPPED, 1.0)) == 2
    assert engine.end_all(EndReason.HALTED, 2.0) == []
    assert told(engine, "a").end_reason is EndReason.SIDECAR_STOPPED


# --- incarnations --------------------------------------------------------------------------------------------------


def test_an_instance_fault_ends_with_its_incarnation_and_a_service_fault_stays() -> None:
    engine = engine_with(planned("a", Error()), planned("b", Latency(scope=Scope.SERVICE)))
    assert engine.end_incarnation("0", 1.0) == []
    assert engine.end_incarnation("1", 2.0) == [ConnectionsChanged(frozenset({"a"}))]
    assert told(engine, "a", 2.0).end_reason is EndReason.RESTARTED
    assert engine.active_ids == ("b",)


def test_a_fault_for_another_incarnation_ends_before_it_begins() -> None:
    engine = engine_with(planned("a", Crash(), incarnation="7"))
    assert told(engine, "a").end_reason is EndReason.RESTARTED


def test_a_service_wide_crash_strikes_each_new_incarnation() -> None:
    service_wide = planned("a", Crash(scope=Scope.SERVICE), ttl_left_s=60.0)
    engine = engine_with(service_wide, planned("b", Cpu(scope=Scope.SERVICE)))
    engine.end_incarnation("1", 1.0)
    expected = StartProcessFault("a", service_wide.fault, 60.0)
    assert engine.start_incarnation("2", 1.1) == [expected]
    assert engine.start_incarnation("3", 60.0) == []


# --- process faults ------------------------------------------------------------------------------------------------


def test_process_faults_are_started_stopped_and_count_once_when_done() -> None:
    engine = FaultEngine()
    engine.renew_lease(0.0)
    hang = planned("a", Hang(), ttl_left_s=30.0)
    assert engine.apply_plan(plan(1, hang), 0.0, "1") == [StartProcessFault("a", hang.fault, 30.0)]
    assert told(engine, "a").injected == 0
    engine.process_fault_done("a", 0.5)
    engine.process_fault_done("a", 0.6)
    assert told(engine, "a").injected == 1
    assert engine.apply_plan(plan(2), 1.0, "1") == [StopProcessFault("a")]


def test_a_crash_that_was_done_as_its_incarnation_ended_still_counts() -> None:
    engine = engine_with(planned("a", Crash()))
    engine.end_incarnation("1", 1.0)
    engine.process_fault_done("a", 1.01)
    assert told(engine, "a").injected == 1


def test_a_process_fault_that_failed_ends_and_says_why() -> None:
    engine = engine_with(planned("a", Hang()))
    engine.process_fault_failed("a", "no such process", 1.0)
    engine.process_fault_failed("a", "again", 2.0)
    progress = told(engine, "a", 2.0)
    assert (progress.end_reason, progress.detail) == (EndReason.COULD_NOT_APPLY, "no such process")
    assert progress.injected == 0


def test_process_faults_take_no_notice_of_requests() -> None:
    engine = engine_with(planned("a", Cpu()))
    assert not engine.has_request_faults
    assert not decides(engine)


# --- what cannot be applied ----------------------------------------------------------------------------------------


def test_what_the_machine_lacks_ends_as_unsupported_and_starts_nothing() -> None:
    engine = FaultEngine(missing={"hang": "needs Linux"})
    engine.renew_lease(0.0)
    assert engine.apply_plan(plan(1, planned("a", Hang())), 0.0, "1") == []
    progress = told(engine, "a")
    assert (progress.end_reason, progress.detail) == (EndReason.UNSUPPORTED, "needs Linux")


def test_tcp_refuses_what_needs_requests() -> None:
    engine = engine_with(
        planned("a", Error()),
        planned("b", Latency(match=Match(method="GET"))),
        planned("c", Latency()),
        protocol="tcp",
    )
    assert engine.active_ids == ("c",)
    assert told(engine, "b").detail == "match needs --protocol http"
    assert engine.decide_connection(1.0) is not None


# --- requests ------------------------------------------------------------------------------------------------------


def test_only_matching_requests_are_decided_on_and_counted() -> None:
    engine = engine_with(planned("a", Error(match=Match(path="/x"))))
    assert engine.decide_request(b"GET", b"/y", HEAD, 1.0) is None
    assert told(engine, "a").passed == 0
    decision = engine.decide_request(b"GET", b"/x", HEAD, 1.0)
    assert decision is not None
    assert decision.fault_ids == ("a",)


def test_injected_counts_when_it_happened_and_passed_when_it_did_not() -> None:
    engine = engine_with(planned("a", Latency()), planned("b", Error()))
    decision = engine.decide_request(b"GET", b"/", HEAD, 1.0)
    assert decision is not None
    assert told(engine, "a").injected == 0
    engine.affected("a", 2.0)
    engine.settle(decision.fault_ids, {"a"}, 3.0)
    assert (told(engine, "a").injected, told(engine, "a").passed) == (1, 0)
    assert (told(engine, "b").injected, told(engine, "b").passed) == (0, 1)
    assert told(engine, "a", 4.0).first_affected_age_s == 2.0


def test_the_owner_is_told_of_the_first_affected_request_and_of_an_end_by_count() -> None:
    engine = engine_with(planned("a", Error(max_count=2)))
    changes: list[tuple[str, ...]] = []
    engine.on_change = lambda: changes.append(engine.active_ids)
    for _ in range(2):
        engine.decide_request(b"GET", b"/", HEAD, 1.0)
        engine.affected("a", 1.0)
        engine.settle(("a",), {"a"}, 1.0)
    assert changes == [("a",), ()]
    assert told(engine, "a").end_reason is EndReason.MAX_COUNT
    assert not engine.has_request_faults


def test_a_check_is_struck_and_leaves_no_trace() -> None:
    engine = engine_with(planned("a", Error(max_count=1)))
    for _ in range(3):
        decision = engine.decide_request(b"GET", b"/", HEAD, 1.0, counted=False)
        assert decision is not None
        assert decision.counted is False
    assert (told(engine, "a").injected, told(engine, "a").passed) == (0, 0)
    assert decides(engine)


def test_settling_after_the_end_changes_nothing() -> None:
    engine = engine_with(planned("a", Error(max_count=1)))
    engine.decide_request(b"GET", b"/", HEAD, 1.0)
    engine.apply_plan(plan(2), 2.0, "1")
    engine.affected("a", 3.0)
    engine.settle(("a", "unknown"), {"a"}, 3.0)
    assert told(engine, "a").injected == 0
    assert told(engine, "a").end_reason is EndReason.CLEARED


# --- down ----------------------------------------------------------------------------------------------------------


def test_a_certain_down_closes_the_port_until_it_ends() -> None:
    engine = FaultEngine()
    engine.renew_lease(0.0)
    assert engine.apply_plan(plan(1, planned("a", Down())), 0.0, "1") == [
        ConnectionsChanged(frozenset())
    ]
    assert engine.port_closed_by == "a"
    assert not engine.may_refuse
    assert engine.apply_plan(plan(2), 1.0, "1") == [ConnectionsChanged(frozenset({"a"}))]
    assert engine.port_closed_by is None


def test_a_counting_down_refuses_so_many_connections_and_no_check_counts() -> None:
    engine = engine_with(planned("a", Down(max_count=2)))
    assert engine.may_refuse
    assert engine.port_closed_by is None
    assert engine.refuses_connection(1.0, counted=False)
    assert [engine.refuses_connection(1.0) for _ in range(3)] == [True, True, False]
    assert not engine.may_refuse
    assert told(engine, "a").injected == 2


@pytest.mark.parametrize("now", [15.0, 60.0])
def test_no_connection_is_refused_after_lease_or_ttl(now: float) -> None:
    engine = engine_with(planned("a", Down(probability=0.999)))
    assert not engine.refuses_connection(now)


# --- reports -------------------------------------------------------------------------------------------------------


def test_an_end_is_told_until_a_report_with_it_was_answered() -> None:
    engine = engine_with(planned("a", Error()), planned("b", Error()))
    engine.apply_plan(plan(2, planned("b", Error())), 1.0, "1")
    first = engine.progress(2.0)
    assert [item.id for item in first] == ["a", "b"]
    engine.ends_delivered(first)
    assert [item.id for item in engine.progress(3.0)] == ["b"]
    assert [fault_id for fault_id, _ in engine.active_faults] == ["b"]
