from __future__ import annotations

from tagent_contract.experiments import Promise, RunRequest, RunResult, RunState, Verdict
from tagent_platform.core.experiments.runs import begun, ended
from tagent_platform.core.experiments.views import experiment_view, run_view
from tagent_platform.core.records import ExperimentRecord

RUNS = begun("r1", RunRequest(experiment="one", targets=("chat",)), now=1000.0, by="olga")
RESULT = RunResult(verdict=Verdict.PASSED, promises=(Promise(text="recovered", kept=True),))


def test_a_run_that_goes_on_has_no_verdict() -> None:
    view = run_view(RUNS)
    assert (view.state, view.verdict, view.ended_at) == (RunState.RUNNING, None, None)
    assert view.started_at == "1970-01-01T00:16:40.000Z"


def test_one_of_many_runs_is_shown_without_what_is_long() -> None:
    over = ended(RUNS, RESULT, 1010.0)
    assert run_view(over).result == RESULT
    (brief,) = experiment_view(ExperimentRecord(name="one", title="One"), [over]).runs
    assert brief.verdict is Verdict.PASSED
    assert brief.result is not None
    assert brief.result.promises == ()
