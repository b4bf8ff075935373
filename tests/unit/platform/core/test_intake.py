from __future__ import annotations

import pytest

from tagent_contract.events import EventType
from tagent_contract.faults import EndReason, FaultState, Latency, Scope
from tagent_contract.reports import FaultProgress
from tagent_platform.core.faults import arm
from tagent_platform.core.instances import register
from tagent_platform.core.intake import Known, SupersededError, take_in
from tagent_platform.core.records import FaultRecord, InstanceRecord, target_key
from tests.unit.platform.core.test_instances import NOW, SICK, report

OLD = target_key("chat-1", "boot-0001")
NEW = target_key("chat-1", "boot-0002")


def instance() -> InstanceRecord:
    return register(report(), NOW)


def armed(scope: Scope = Scope.INSTANCE) -> FaultRecord:
    return arm("f1", Latency(scope=scope), [instance()], now=NOW, by="olga")


def test_an_unknown_instance_registers() -> None:
    intake = take_in(report(), Known(None, {}), NOW)
    assert intake.instance == instance()
    assert [h.type for h in intake.happenings] == [EventType.INSTANCE_REGISTERED]


def test_a_report_that_says_nothing_changes_nothing() -> None:
    record = instance()
    intake = take_in(report(seq=2), Known(record, {"f1": armed()}), NOW + 5)
    assert intake.instance is record
    assert (intake.faults, intake.happenings) == ({}, ())


def test_health_and_faults_of_one_report_are_told_together() -> None:
    progress = FaultProgress(id="f1", active=True, ack_age_s=0.0)
    intake = take_in(
        report(state=SICK, faults=(progress,)), Known(instance(), {"f1": armed()}), NOW + 5
    )
    assert [h.type for h in intake.happenings] == [
        EventType.HEALTH_CHANGED,
        EventType.FAULT_ACKNOWLEDGED,
    ]
    assert intake.faults["f1"].targets[OLD].state is FaultState.ACTIVE


@pytest.mark.parametrize(("scope", "reached"), [(Scope.INSTANCE, False), (Scope.SERVICE, True)])
def test_a_newer_boot_loses_what_was_bound_to_the_older(scope: Scope, reached: bool) -> None:
    newcomer = report(boot_id="boot-0002", boot_age_s=1.0)
    intake = take_in(newcomer, Known(instance(), {"f1": armed(scope)}), NOW + 5)
    targets = intake.faults["f1"].targets
    assert (targets[OLD].state, targets[OLD].end_reason) == (
        FaultState.LOST,
        EndReason.SIDECAR_LOST,
    )
    assert (NEW in targets) is reached


def test_an_older_boot_is_superseded() -> None:
    with pytest.raises(SupersededError, match="chat-1"):
        take_in(report(boot_id="boot-0002", boot_age_s=500.0), Known(instance(), {}), NOW)


def test_a_goodbye_ends_what_the_report_left_open() -> None:
    ended = FaultProgress(
        id="f1", active=False, ack_age_s=2.0, ended_age_s=0.0, end_reason=EndReason.TTL
    )
    for progress, state in (((ended,), FaultState.EXPIRED), ((), FaultState.LOST)):
        intake = take_in(
            report(goodbye=True, faults=progress), Known(instance(), {"f1": armed()}), NOW + 5
        )
        assert intake.instance is None
        assert intake.faults["f1"].targets[OLD].state is state
        kinds = {h.type for h in intake.happenings}
        assert EventType.INSTANCE_SAID_GOODBYE in kinds


def test_progress_of_a_fault_that_is_not_ours_is_passed_over() -> None:
    progress = FaultProgress(id="somebody-elses", active=True)
    intake = take_in(report(faults=(progress,)), Known(instance(), {"f1": armed()}), NOW)
    assert intake.faults == {}
