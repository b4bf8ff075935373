from __future__ import annotations

from msgspec.structs import replace

from tagent_contract.experiments import RunRequest, RunResult, Verdict
from tagent_contract.faults import FaultState, Latency
from tagent_contract.problems import ConflictReason
from tagent_platform.core.experiments.reservation import (
    RunSituation,
    may_inject_beside,
    may_run,
)
from tagent_platform.core.experiments.runs import begun, ended
from tagent_platform.core.records import (
    FaultRecord,
    HaltRecord,
    MaintenanceWindow,
    RunRecord,
    ServiceRecord,
)
from tests.unit.platform.core.test_fault_admission import on, place

NOW = 1000.0
R = ConflictReason


def run(run_id: str, *targets: str, wait: bool = False) -> RunRecord:
    request = RunRequest(experiment="error-is-cured", targets=targets, wait=wait)
    return begun(run_id, request, now=NOW, by="olga")


def over(record: RunRecord) -> RunRecord:
    return ended(record, RunResult(verdict=Verdict.PASSED), NOW)


def reason_of(
    mine: RunRecord,
    *others: RunRecord,
    faults: tuple[FaultRecord, ...] = (),
    halt: HaltRecord | None = None,
    maintenance: MaintenanceWindow | None = None,
) -> ConflictReason | None:
    services = {name: ServiceRecord(name=name, maintenance=maintenance) for name in mine.targets}
    situation = RunSituation(services=services, faults=faults, runs=others, halt=halt, now=NOW)
    refused = may_run(mine, situation)
    return None if refused is None else refused.reason


def test_a_service_is_one_runs_alone() -> None:
    mine = run("mine", "chat")
    assert reason_of(mine, mine) is None
    assert reason_of(mine, run("other", "demo")) is None
    assert reason_of(mine, run("other", "chat", "demo")) is R.TARGET_RESERVED


def test_who_waits_or_is_over_reserves_nothing() -> None:
    assert reason_of(run("mine", "chat"), run("other", "chat", wait=True)) is None
    assert reason_of(run("mine", "chat"), over(run("other", "chat"))) is None


def test_no_run_begins_where_a_fault_still_acts_or_ends() -> None:
    fault = on(Latency(), place("chat-1"))
    assert reason_of(run("mine", fault.service), faults=(fault,)) is R.ALREADY_ACTIVE
    assert reason_of(run("mine", "elsewhere"), faults=(fault,)) is None
    ending = on(Latency(), place("chat-1"), FaultState.ENDING)
    assert reason_of(run("mine", ending.service), faults=(ending,)) is R.END_PENDING


def test_no_run_begins_during_a_halt_or_a_maintenance() -> None:
    halt = HaltRecord(halted=True, reason="too much", by="ada", at=NOW)
    assert reason_of(run("mine", "chat"), halt=halt) is R.HALTED
    assert reason_of(run("mine", "chat"), halt=replace(halt, halted=False)) is None
    window = MaintenanceWindow(reason="upgrade", by="ada", until=NOW + 1)
    assert reason_of(run("mine", "chat"), maintenance=window) is R.MAINTENANCE
    assert reason_of(run("mine", "chat"), maintenance=replace(window, until=NOW)) is None


def test_beside_a_run_only_its_own_faults_are_let_in() -> None:
    runs = (run("mine", "chat"),)
    assert may_inject_beside("chat", "mine", runs) is None
    assert may_inject_beside("demo", None, runs) is None
    beside = may_inject_beside("chat", None, runs)
    assert beside is not None
    assert beside.reason is R.TARGET_RESERVED
    assert beside.text == "chat is reserved for run mine of error-is-cured by olga"


def test_a_runs_fault_stays_on_its_own_services_and_within_its_life() -> None:
    elsewhere = may_inject_beside("demo", "mine", (run("mine", "chat"),))
    assert elsewhere is not None
    assert elsewhere.reason is R.TARGET_RESERVED
    for runs in ((), (over(run("mine", "chat")),), (run("mine", "chat", wait=True),)):
        late = may_inject_beside("chat", "mine", runs)
        assert late is not None
        assert late.reason is R.RUN_ENDED
