from __future__ import annotations

import pytest

from tagent_contract.experiments import RunRequest, RunResult, RunState, Verdict
from tagent_platform.core.experiments.runs import (
    asked_to_stop,
    beaten,
    begun,
    claimed,
    ended,
    given_up,
    is_silent,
    not_taken,
    waits_too_long,
)
from tagent_platform.core.records import RunRecord

NOW = 1000.0


def run(*, wait: bool = False) -> RunRecord:
    request = RunRequest(experiment="error-is-cured", targets=("chat", "a", "chat"), wait=wait)
    return begun("r1", request, now=NOW, by="olga")


def test_a_run_begins_in_the_hands_of_who_asked_for_it() -> None:
    begins = run()
    assert (begins.state, begins.runner, begins.heartbeat_at) == (RunState.RUNNING, "olga", NOW)
    assert begins.targets == ("a", "chat"), "each service once"


def test_a_run_for_a_runner_waits() -> None:
    waits = run(wait=True)
    assert (waits.state, waits.runner, waits.started_at) == (RunState.WAITING, "", None)
    taken = claimed(waits, runner="ci-7", now=NOW + 5)
    assert (taken.state, taken.runner, taken.started_at) == (RunState.RUNNING, "ci-7", NOW + 5)


def test_a_heartbeat_without_words_keeps_the_last_ones() -> None:
    first = beaten(run(), progress="method", now=NOW + 1)
    assert beaten(first, progress="", now=NOW + 2).progress == "method"


def test_a_run_that_waits_is_stopped_at_once() -> None:
    stopped = asked_to_stop(run(wait=True), by="ada", reason="not today", now=NOW + 1)
    assert stopped.state is RunState.ENDED
    assert stopped.result == RunResult(
        verdict=Verdict.ABORTED, why="stopped by ada before it began: not today"
    )


def test_a_run_that_runs_is_asked_to_stop_and_goes_on_until_its_runner_says_how_it_ended() -> None:
    asked = asked_to_stop(run(), by="ada", reason="enough", now=NOW + 1)
    assert (asked.state, asked.stop_asked_by) == (RunState.RUNNING, "ada")
    assert asked_to_stop(asked, by="bob", reason="", now=NOW + 2) is asked


def test_an_ended_run_is_never_asked_to_stop() -> None:
    over = ended(run(), RunResult(verdict=Verdict.PASSED), NOW + 1)
    assert asked_to_stop(over, by="ada", reason="", now=NOW + 2) is over


@pytest.mark.parametrize(
    ("state", "now", "listening_since", "silent"),
    [
        (RunState.RUNNING, NOW + 14.9, 0.0, False),
        (RunState.RUNNING, NOW + 15.0, 0.0, True),
        (RunState.RUNNING, NOW + 60.0, NOW + 50.0, False),
        (RunState.RUNNING, NOW + 65.0, NOW + 50.0, True),
        (RunState.WAITING, NOW + 9e9, 0.0, False),
        (RunState.ENDED, NOW + 9e9, 0.0, False),
    ],
)
def test_silence_ends_what_runs_alone_and_not_while_nobody_listened(
    state: RunState, now: float, listening_since: float, silent: bool
) -> None:
    by_state = {
        RunState.RUNNING: run(),
        RunState.WAITING: run(wait=True),
        RunState.ENDED: given_up(run(), silence_s=15, now=NOW),
    }
    said = is_silent(by_state[state], now=now, listening_since=listening_since, silence_s=15.0)
    assert said is silent


def test_a_silent_run_says_whose_silence_ended_it() -> None:
    over = given_up(run(), silence_s=15.0, now=NOW + 20)
    assert over.result == RunResult(verdict=Verdict.ABORTED, why="olga said nothing of it for 15 s")


def test_a_run_that_no_runner_took_is_over_before_it_comes_as_a_surprise() -> None:
    waits = run(wait=True)
    assert not waits_too_long(waits, now=NOW + 3599.9, waits_s=3600.0)
    assert waits_too_long(waits, now=NOW + 3600.0, waits_s=3600.0)
    assert not waits_too_long(run(), now=NOW + 9e9, waits_s=3600.0)
    over = not_taken(waits, waits_s=3600.0, now=NOW + 3600)
    assert over.state is RunState.ENDED
    assert over.result is not None
    assert over.result.verdict is Verdict.ABORTED
    assert over.result.why.startswith("no runner took it within 3600 s")
