"""How a run stands and what it said, in a word with its look."""

from __future__ import annotations

from tagent_contract.experiments import RunView, Verdict
from tagent_dashboard.views.words import RUN_LOOKS, VERDICT_LOOKS, Look

VERDICT_MEANINGS = {
    Verdict.PASSED: "every promise was kept",
    Verdict.DEVIATED: "a promise was broken",
    Verdict.BASELINE_NOT_MET: "all was not well before anything was broken",
    Verdict.INCONCLUSIVE: "nothing was broken enough to prove anything",
    Verdict.ABORTED: "it was stopped before its end",
    Verdict.ERROR: "it could not be carried out",
}


def run_word(run: RunView) -> tuple[str, Look]:
    """Return how it stands, or what it said, with its look."""
    if run.verdict is None:
        return run.state.value, RUN_LOOKS[run.state]
    if run.wanted is Verdict.PASSED:
        return run.verdict.value, VERDICT_LOOKS[run.verdict]
    if run.verdict is run.wanted:
        return f"{run.verdict.value}, as it must", VERDICT_LOOKS[Verdict.PASSED]
    return f"{run.verdict.value}, but must be {run.wanted.value}", VERDICT_LOOKS[Verdict.DEVIATED]


def counted_verdict(run: RunView) -> Verdict | None:
    """Return the verdict as it counts: of an experiment that must fail, whether it did. None: it has not ended."""
    if run.wanted is Verdict.PASSED or run.verdict is None:
        return run.verdict
    return Verdict.PASSED if run.verdict is run.wanted else Verdict.DEVIATED
