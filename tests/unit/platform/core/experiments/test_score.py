from __future__ import annotations

import pytest

from tagent_contract.experiments import (
    HealerFigures,
    RunRequest,
    RunResult,
    Verdict,
)
from tagent_platform.core.experiments.runs import begun, ended
from tagent_platform.core.experiments.score import (
    DAY_S,
    HALF_LIFE_DAYS,
    RUNS_COUNTED,
    healer_of,
    overall,
    results_of,
    score_of,
)
from tagent_platform.core.records import ExperimentRecord, RunRecord

NOW = 1_000_000_000.0
V = Verdict


def experiment(
    name: str = "one", weight: float = 1.0, targets: tuple[str, ...] = ("chat",)
) -> ExperimentRecord:
    return ExperimentRecord(name=name, title=name, targets=targets, weight=weight)


def run(
    verdict: Verdict, *, name: str = "one", ago_s: float = 0.0, targets: tuple[str, ...] = ("chat",)
) -> RunRecord:
    begins = begun("r", RunRequest(experiment=name, targets=targets), now=NOW - ago_s, by="olga")
    return ended(begins, RunResult(verdict=verdict), NOW - ago_s)


def score(
    *runs: RunRecord, experiments: tuple[ExperimentRecord, ...] = (experiment(),)
) -> float | None:
    return score_of("chat", experiments, results_of("chat", runs), NOW).value


def test_what_was_never_run_is_worth_nothing() -> None:
    assert score() == 0.0
    both = (experiment("one"), experiment("two"))
    assert score(run(V.PASSED), experiments=both) == 50.0


def test_a_service_that_no_experiment_is_about_has_no_score() -> None:
    assert score(experiments=(experiment(targets=("demo",)),)) is None
    assert score(run(V.PASSED), experiments=(experiment(targets=("demo",)),)) == 100.0


@pytest.mark.parametrize("verdict", [V.DEVIATED, V.INCONCLUSIVE, V.BASELINE_NOT_MET, V.ERROR])
def test_only_a_passed_run_earns(verdict: Verdict) -> None:
    assert score(run(V.PASSED)) == 100.0
    assert score(run(verdict)) == 0.0


def test_an_aborted_run_says_nothing() -> None:
    assert score(run(V.PASSED, ago_s=10), run(V.ABORTED)) == 100.0


def test_a_newer_run_counts_more_than_an_older_one() -> None:
    assert score(run(V.DEVIATED, ago_s=10), run(V.PASSED)) == pytest.approx(58.8)
    assert score(run(V.PASSED, ago_s=10), run(V.DEVIATED)) == pytest.approx(41.2)


def test_runs_beyond_the_last_ten_are_forgotten() -> None:
    old = [run(V.DEVIATED, ago_s=100 + number) for number in range(5)]
    assert score(*old, *(run(V.PASSED, ago_s=n) for n in range(RUNS_COUNTED))) == 100.0


def test_what_is_old_counts_half_after_its_half_life() -> None:
    assert score(run(V.PASSED, ago_s=HALF_LIFE_DAYS * DAY_S)) == 50.0
    assert score(run(V.PASSED, ago_s=2 * HALF_LIFE_DAYS * DAY_S)) == 25.0


def test_an_experiment_counts_with_its_weight_and_one_without_any_not_at_all() -> None:
    mixed = (experiment("one", 3.0), experiment("two", 1.0), experiment("three", 0.0))
    assert score(run(V.PASSED), run(V.DEVIATED, name="three"), experiments=mixed) == 75.0


def test_a_past_score_does_not_know_the_future() -> None:
    runs = (run(V.PASSED, ago_s=100), run(V.DEVIATED, ago_s=10))
    past = score_of("chat", (experiment(),), results_of("chat", runs), NOW - 50)
    assert past.value == 100.0


def test_each_part_says_why() -> None:
    found = score_of("chat", (experiment(),), results_of("chat", [run(V.PASSED)]), NOW)
    assert [part.text for part in found.parts] == [
        "1 of the last 1 passed, the newest within a day"
    ]


def test_all_together_is_the_mean_of_those_that_have_a_score() -> None:
    assert overall([100.0, 50.0, None]) == 75.0
    assert overall([None]) is None


def test_the_healers_figures_add_up() -> None:
    healed = ended(run(V.PASSED), RunResult(verdict=V.PASSED, healer=HealerFigures(healed=1)), NOW)
    missed = ended(
        run(V.DEVIATED),
        RunResult(verdict=V.DEVIATED, healer=HealerFigures(missed=1, false_restarts=2)),
        NOW,
    )
    assert healer_of([healed, missed]) == HealerFigures(healed=1, missed=1, false_restarts=2)
