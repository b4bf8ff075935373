from __future__ import annotations

from typing import Any

import pytest

from tagent_contract.experiments import ExperimentView, RunResult, RunState, RunView, Verdict
from tagent_contract.health import Health
from tagent_contract.services import Halt, Maintenance
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.experiments import (
    NEVER_RUN,
    ExperimentFilter,
    catalog,
    counts,
    last_word,
    obstacles,
    run_hits,
    runnable,
    services_of,
    tags_of,
)
from tagent_dashboard.views.verdicts import VERDICT_MEANINGS
from tests.fakes.shown import NOW, ago, experiment, fault, run, service


def deviated(**changes: Any) -> RunView:
    return run(result=RunResult(verdict=Verdict.DEVIATED, why="too late"), **changes)


def test_each_verdict_is_explained() -> None:
    assert set(VERDICT_MEANINGS) == set(Verdict)


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        (ExperimentFilter(), True),
        (ExperimentFilter(service="chat-service"), True),
        (ExperimentFilter(service="chat"), False),
        (ExperimentFilter(tag="fast"), True),
        (ExperimentFilter(tag="slow"), False),
        (ExperimentFilter(last="deviated"), True),
        (ExperimentFilter(last=NEVER_RUN), False),
    ],
)
def test_filters_ask_for_service_tag_and_last_verdict(
    asked: ExperimentFilter, is_found: bool
) -> None:
    assert asked.matches(experiment(runs=(deviated(), run()))) is is_found
    assert asked.is_narrow is (asked != ExperimentFilter())


def test_the_last_word_is_of_the_latest_run_that_has_ended() -> None:
    going_on = run(id="r2", state=RunState.RUNNING)
    assert last_word(experiment(runs=(going_on, deviated(), run()))) == "deviated"
    assert last_word(experiment(runs=(going_on,))) == NEVER_RUN


def test_a_row_tells_of_the_last_run_and_of_those_before_it() -> None:
    told = experiment(runs=(deviated(id="new"), run(id="old")))
    (row,) = catalog([told], (), NOW)
    assert (row.word, row.last, row.why, row.last_run) == (
        "deviated", "30 s ago", "too late", "new",
    )  # fmt: skip
    assert [(mark.run, mark.shape) for mark in row.marks] == [("old", "●"), ("new", "■")]
    assert row.marks[0].text == "passed, 22:12:50 UTC"
    assert not row.is_open


def test_a_passed_run_needs_no_reason() -> None:
    kept = run(result=RunResult(verdict=Verdict.PASSED, why="all was kept"))
    assert catalog([experiment(runs=(kept,))], (), NOW)[0].why == ""


def test_a_row_of_what_was_never_run_says_so() -> None:
    (row,) = catalog([experiment()], (), NOW)
    assert (row.word, row.last_run, row.marks, row.colour) == (NEVER_RUN, "", (), "gray")


@pytest.mark.parametrize(
    ("state", "last"), [(RunState.WAITING, "asked for 1 min 1 s ago"), (RunState.RUNNING, "began 1 min ago")]
)  # fmt: skip
def test_a_row_tells_of_the_run_that_goes_on_even_if_the_catalog_is_older(
    state: RunState, last: str
) -> None:
    (row,) = catalog([experiment(runs=(run(),))], [run(id="r2", state=state)], NOW)
    assert (row.word, row.last, row.last_run, row.is_open) == (state.value, last, "r2", True)
    assert [mark.run for mark in row.marks] == ["r1"]


def test_what_does_not_count_says_so() -> None:
    told = [experiment(weight=0.0), experiment()]
    assert [row.note for row in catalog(told, (), NOW)] == ["does not count in the score", ""]


def test_an_experiment_without_a_title_goes_by_its_name() -> None:
    (row,) = catalog([experiment("x-y", title="")], (), NOW)
    assert row.title == "x-y"


def test_foreign_text_hides_nothing() -> None:
    (row,) = catalog([experiment(title="a\u202eb", tags=("x\ny",))], (), NOW)
    assert (row.title, row.tags) == ("a\\u202eb", ("x y",))


def test_how_many_ended_how_is_counted() -> None:
    known = [experiment("a", runs=(run(),)), experiment("b"), experiment("c", runs=(run(),))]
    assert [(word, count) for word, _, count in counts(known)] == [("passed", 2), (NEVER_RUN, 1)]


def test_tags_and_services_are_those_that_are_used() -> None:
    known = [experiment("a", tags=("b", "a"), targets=("y",)), experiment("b", tags=("a",), targets=("x", "y"))]  # fmt: skip
    assert (tags_of(known), services_of(known)) == (("a", "b"), ("x", "y"))


def test_what_waits_or_goes_on_is_not_run_twice() -> None:
    known = [experiment("a"), experiment("b")]
    found = runnable(known, [run(experiment="a", state=RunState.WAITING)])
    assert [each.name for each in found] == ["b"]


def test_before_a_run_it_is_said_whom_it_breaks() -> None:
    assert run_hits([experiment()]).startswith(
        "This breaks chat-service on purpose. It is reserved"
    )
    both = [experiment(targets=("b",)), experiment(targets=("a", "b"))]
    assert run_hits(both).startswith("This breaks a, b on purpose. Each is reserved")


def said(snapshot: Snapshot, *found: ExperimentView) -> str:
    return " ".join(obstacles(found or (experiment(),), snapshot))


def test_nothing_stands_in_the_way_of_a_healthy_service() -> None:
    assert said(Snapshot(services=(service(),))) == ""


def test_what_would_keep_a_run_waiting_is_said_before() -> None:
    halted = Snapshot(services=(service(),), halt=Halt(halted=True))
    assert "no run begins until the halt is released" in said(halted)
    window = Maintenance(until=ago(-60), reason="disks", by="ada")
    assert "in maintenance until 22:14:20 UTC" in said(
        Snapshot(services=(service(maintenance=window),))
    )
    broken = Snapshot(services=(service(),), faults=(fault(),))
    assert "has a fault in force" in said(broken)
    assert "is not known to the platform" in said(Snapshot())


def test_what_would_prove_nothing_is_said_before() -> None:
    sick = Snapshot(services=(service(health=Health.DEGRADED),))
    assert "DEGRADED now: a run on it ends as baseline-not-met" in said(sick)
