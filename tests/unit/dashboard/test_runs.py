from __future__ import annotations

from typing import Any

import pytest

from tagent_contract.experiments import (
    HealerFigures,
    Promise,
    RunResult,
    RunState,
    RunView,
    Verdict,
)
from tagent_contract.services import Halt, Maintenance
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.runs import (
    course,
    delay,
    facts,
    promise_rows,
    promises_said,
    reserving,
    run_command,
    run_sentence,
    run_title,
    stop_text,
)
from tagent_dashboard.views.verdicts import counted_verdict, run_word
from tagent_dashboard.views.words import VERDICT_LOOKS
from tests.fakes.shown import NOW, ago, fault, run, service

WELL = Snapshot(services=(service(),))


def waiting(**changes: Any) -> RunView:
    return run(**{"state": RunState.WAITING, "created_at": ago(6), **changes})


def running(**changes: Any) -> RunView:
    return run(**{"id": "r2", "state": RunState.RUNNING, "targets": ("other",), **changes})


def test_a_run_is_named_by_its_title_or_its_experiment() -> None:
    assert run_title(run()) == "A crash is cured"
    assert run_title(run(title="")) == "crash-is-cured"
    assert run_command(run()) == "tagent chaos run crash-is-cured"


def test_its_word_is_its_verdict_once_there_is_one() -> None:
    assert run_word(run())[0] == "passed"
    assert run_word(waiting())[0] == "WAITING"


def test_why_is_one_sentence() -> None:
    broken = RunResult(verdict=Verdict.DEVIATED, why="it ends by its ttl: measured restarted")
    assert run_sentence(run(result=broken)) == "It ends by its ttl: measured restarted."
    assert run_sentence(run()) == "Every promise was kept."
    assert run_sentence(running()) == ""


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        (waiting(), "waits for a runner since 22:13:14, asked for by anna 6 s ago"),
        (running(), "by runner-1 since 22:12:20, for 1 min so far"),
        (run(), "took 30 s, ended 2023-11-14 22:12:50 UTC, 30 s ago"),
        (run(started_at=None), "never began, ended 2023-11-14 22:12:50 UTC, 30 s ago"),
    ],
)
def test_its_course_is_told_in_one_line(shown: RunView, expected: str) -> None:
    assert course(shown, NOW) == expected


def test_it_is_being_stopped_until_it_has_ended() -> None:
    assert "asked by ada" in stop_text(running(stop_asked_by="ada"))
    assert stop_text(running()) == ""
    assert stop_text(run(stop_asked_by="ada")) == ""


# --- why it waits ------------------------------------------------------------------------------------------


def test_nothing_is_said_of_a_run_that_has_only_just_been_asked_for_or_goes_on() -> None:
    assert delay(waiting(created_at=ago(5)), (), WELL, NOW) is None
    assert delay(running(), (), WELL, NOW) is None


def test_a_run_that_nobody_takes_needs_a_runner() -> None:
    found = delay(waiting(), [waiting()], WELL, NOW)
    assert found is not None
    assert found.needs_runner
    assert "no runner is there" in found.text


def test_who_runs_an_experiment_of_their_own_is_no_runner() -> None:
    found = delay(waiting(), [running(runner="anna")], WELL, NOW)
    assert found is not None
    assert found.needs_runner


@pytest.mark.parametrize(
    ("snapshot", "others", "expected"),
    [
        (WELL, [running()], "Waits for its turn: runner-1 is at work on other runs."),
        (
            WELL,
            [running(targets=("chat-service",), experiment="hang")],
            "Waits until chat-service is free: a run of hang has reserved it.",
        ),
        (
            Snapshot(services=(service(),), halt=Halt(halted=True)),
            [],
            "Waits until the halt is released: no run begins while all faults are halted.",
        ),
        (Snapshot(), [], "Waits for chat-service, which the platform does not know any more."),
        (
            Snapshot(
                services=(
                    service(maintenance=Maintenance(until=ago(-9), reason="disks", by="ada")),
                )
            ),
            [],
            "Waits until the maintenance of chat-service is over.",
        ),
        (
            Snapshot(services=(service(),), faults=(fault(),)),
            [],
            "Waits until the fault on chat-service has ended.",
        ),
    ],
)
def test_what_a_run_waits_for_is_said(
    snapshot: Snapshot, others: list[RunView], expected: str
) -> None:
    found = delay(waiting(), others, snapshot, NOW)
    assert found is not None
    assert (found.text, found.needs_runner) == (expected, False)


def test_a_service_is_reserved_by_the_run_that_goes_on_with_it() -> None:
    found = reserving(
        "chat-service", [waiting(), running(), running(id="r3", targets=("chat-service",))]
    )
    assert found is not None
    assert found.id == "r3"
    assert reserving("chat-service", [waiting(), running()]) is None


# --- what came of it ---------------------------------------------------------------------------------------


def test_facts_tell_what_was_measured_and_a_dash_is_not_0() -> None:
    healer = HealerFigures(healed=1, false_restarts=1)
    result = RunResult(verdict=Verdict.PASSED, injected=7, mttd_s=(0.4,), healer=healer)
    found = dict(facts(run(result=result, reason="release 2"), NOW))
    assert (found["Injected"], found["MTTD"], found["MTTR"]) == ("7", "400 ms", "\N{EN DASH}")
    assert found["Healing"] == "1 healed, 0 missed, 1 false restart, 0 left alone"
    assert (found["Why"], found["Took"]) == ("release 2", "30 s")
    early = dict(facts(waiting(), NOW))
    assert (early["Began"], early["Runner"]) == ("\N{EN DASH}",) * 2
    assert not {"Injected", "Took", "Why"} & set(early)


def test_many_times_are_not_all_listed() -> None:
    result = RunResult(verdict=Verdict.PASSED, mttr_s=tuple(map(float, range(1, 9))))
    assert dict(facts(run(result=result), NOW))["MTTR"] == "1 s, 2 s, 3 s, 4 s, 5 s and 3 more"


def test_broken_promises_come_first() -> None:
    promises = (
        Promise(text="fast", kept=True, measured="1 s", allowed="2 s"),
        Promise(text="calm", kept=False),
    )
    assert [(row.text, row.is_kept, row.measured) for row in promise_rows(promises)] == [
        ("calm", False, "\N{EN DASH}"),
        ("fast", True, "1 s"),
    ]
    assert promises_said(promises) == "1 of 2 kept"


@pytest.mark.parametrize(
    ("verdict", "wanted", "word", "counted"),
    [
        (Verdict.PASSED, Verdict.PASSED, "passed", Verdict.PASSED),
        (Verdict.ERROR, Verdict.PASSED, "error", Verdict.ERROR),
        (Verdict.DEVIATED, Verdict.DEVIATED, "deviated, as it must", Verdict.PASSED),
        (Verdict.PASSED, Verdict.DEVIATED, "passed, but must be deviated", Verdict.DEVIATED),
    ],
)
def test_of_an_experiment_that_must_fail_it_counts_whether_it_did(
    verdict: Verdict, wanted: Verdict, word: str, counted: Verdict
) -> None:
    ended = run(state=RunState.ENDED, verdict=verdict, wanted=wanted)
    said, look = run_word(ended)
    assert said == word
    assert look == VERDICT_LOOKS[counted]
    assert counted_verdict(ended) is counted
