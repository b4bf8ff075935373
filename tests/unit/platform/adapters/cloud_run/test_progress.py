"""How far a roll-out has come, by what the service and its operation say."""

from __future__ import annotations

from google.cloud import run_v2
from google.longrunning import operations_pb2

from tagent_contract.incidents import RollOutState
from tagent_platform.adapters.runtime.cloud_run.progress import (
    TEXT_LENGTH_MAX,
    restart_of,
    roll_back_of,
)
from tagent_platform.core.roll_outs import RollOut

State = run_v2.Condition.State
TO_REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION
KNOWN = RollOut(state=RollOutState.RUNNING, text="", operation="op-1", replaced="r1")
BACK = RollOut(state=RollOutState.RUNNING, text="", revision="r1", replaced="r2")


def service(
    state: run_v2.Condition.State = State.CONDITION_SUCCEEDED,
    *,
    created: str = "r2",
    serving: str = "r2",
    reconciling: bool = False,
    message: str = "",
) -> run_v2.Service:
    return run_v2.Service(
        latest_created_revision=f"x/revisions/{created}",
        traffic_statuses=[
            run_v2.TrafficTargetStatus(type_=TO_REVISION, revision=serving, percent=100)
        ],
        reconciling=reconciling,
        terminal_condition=run_v2.Condition(type_="Ready", state=state, message=message),
        conditions=[run_v2.Condition(type_="ConfigurationsReady", state=state, message=message)],
    )


def operation(*, done: bool = True, error: str = "") -> operations_pb2.Operation:
    found = operations_pb2.Operation(name="op-1", done=done)
    if error:
        found.error.code = 9
        found.error.message = error
    return found


def test_it_serves_when_the_newest_revision_has_the_traffic() -> None:
    found = restart_of(service(), KNOWN, operation())
    assert (found.state, found.revision, found.operation) == (RollOutState.SERVING, "r2", "op-1")


def test_it_is_under_way_while_the_service_moves_or_the_operation_does() -> None:
    for found in (
        restart_of(service(reconciling=True, message="Deploying"), KNOWN),
        restart_of(service(message="Deploying"), KNOWN, operation(done=False)),
        restart_of(service(State.CONDITION_PENDING), KNOWN),
        restart_of(service(serving="r1"), KNOWN, operation()),
    ):
        assert found.state is RollOutState.RUNNING


def test_the_old_revisions_name_is_not_told_as_the_new_ones() -> None:
    found = restart_of(service(created="r1", reconciling=True), KNOWN)
    assert (found.revision, found.text) == ("", "a new revision is made: under way")


def test_what_it_waits_for_is_told() -> None:
    waiting = service(State.CONDITION_RECONCILING, reconciling=True, message="Deploying revision")
    assert restart_of(waiting, KNOWN).text == (
        "revision r2 is made: ConfigurationsReady: Deploying revision"
    )
    silent = service(State.CONDITION_PENDING, reconciling=True)
    assert restart_of(silent, KNOWN).text == "revision r2 is made: waits for ConfigurationsReady"


def test_it_failed_by_the_operations_word_or_by_the_services() -> None:
    for found in (
        restart_of(service(), KNOWN, operation(error="no such image")),
        restart_of(service(State.CONDITION_FAILED, message="no such image")),
    ):
        assert found.state is RollOutState.FAILED
        assert "the old one still does: no such image" in found.text


def test_a_failure_without_words_is_still_one() -> None:
    assert "gives no reason" in restart_of(service(State.CONDITION_FAILED)).text
    silent = operation()
    silent.error.code = 7
    assert "code 7" in restart_of(service(), KNOWN, silent).text


def test_an_update_that_made_no_revision_restarted_nothing() -> None:
    found = restart_of(service(created="r1", serving="r1"), KNOWN, operation())
    assert found.state is RollOutState.FAILED
    assert "made no new revision" in found.text


def test_a_roll_back_is_done_when_traffic_is_there_though_the_newest_revision_failed() -> None:
    failed = service(State.CONDITION_FAILED, serving="r1", message="broken image")
    assert roll_back_of(failed, BACK).state is RollOutState.SERVING
    assert roll_back_of(failed, BACK, operation(error="broken image")).state is (
        RollOutState.SERVING
    )


def test_a_roll_back_fails_by_its_operation_while_traffic_is_elsewhere() -> None:
    assert roll_back_of(service(), BACK, operation(error="no")).state is RollOutState.FAILED
    assert roll_back_of(service(reconciling=True), BACK).state is RollOutState.RUNNING


def test_long_words_are_cut() -> None:
    found = restart_of(service(State.CONDITION_FAILED, message="x \n" * 1000))
    assert len(found.text) < TEXT_LENGTH_MAX + 100
    assert "\n" not in found.text
