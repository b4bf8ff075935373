"""How verdicts, times and the healer's figures are said. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chaostagent.running.results import Campaign, Trial
from tagent_contract.experiments import HealerFigures, Percentiles, Verdict
from tagent_contract.percentiles import percentiles_of


def headline(campaign: Campaign) -> str:
    """Return the whole in one line."""
    total = len(campaign.trials)
    good = sum(trial.is_as_wanted for trial in campaign.trials)
    text = (
        f"All {total} runs as promised" if good == total else f"{good} of {total} runs as promised"
    )
    return f"Interrupted: {text[0].lower()}{text[1:]}" if campaign.interrupted else text


def outcome(trial: Trial) -> str:
    """Return how a run ended, in a few words."""
    verdict = trial.result.verdict.value
    if trial.wanted is Verdict.PASSED:
        return verdict
    return (
        f"{verdict}, as it must"
        if trial.is_as_wanted
        else f"{verdict}, but must be {trial.wanted.value}"
    )


def seconds(value: float | None) -> str:
    """Return a time as people read it."""
    if value is None:
        return "-"
    return f"{value * 1000:.0f} ms" if value < 1 else f"{value:.1f} s"


def times(trials: Iterable[Trial]) -> tuple[Percentiles, Percentiles]:
    """Return MTTD and MTTR over the runs."""
    found = list(trials)
    return (
        percentiles_of(value for trial in found for value in trial.result.mttd_s),
        percentiles_of(value for trial in found for value in trial.result.mttr_s),
    )


def healer(trials: Iterable[Trial]) -> HealerFigures:
    """Add up what healing did right and wrong in the runs that are to pass; one that must fail has it fail on purpose."""
    figures = [trial.result.healer for trial in trials if trial.wanted is Verdict.PASSED]
    return HealerFigures(
        healed=sum(each.healed for each in figures),
        missed=sum(each.missed for each in figures),
        false_restarts=sum(each.false_restarts for each in figures),
        left_alone=sum(each.left_alone for each in figures),
    )


def by_experiment(trials: Sequence[Trial]) -> dict[str, list[Trial]]:
    """Return the runs of each experiment, in their order."""
    found: dict[str, list[Trial]] = {}
    for trial in trials:
        found.setdefault(trial.experiment, []).append(trial)
    return found
