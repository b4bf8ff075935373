"""What came of runs, for reports and for exit codes. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from tagent_contract.experiments import RunResult, Verdict


class Trial(Struct, frozen=True, kw_only=True):
    """One run of an experiment, as it ended."""

    experiment: str
    title: str
    hypothesis: str
    targets: tuple[str, ...]
    number: int
    """The how many-eth of this experiment, from 1."""
    run_id: str | None
    """None: the platform did not let it begin."""
    started_at: str
    took_s: float
    wanted: Verdict
    """How it is to end; a red one shows that red is possible."""
    result: RunResult
    journal: str
    """The file with all that the toolkit noted; it may be missing."""
    again: str
    """The command that runs it again."""

    @property
    def is_as_wanted(self) -> bool:
        """Tell whether it ended as it was to."""
        return self.result.verdict is self.wanted


class Campaign(Struct, frozen=True, kw_only=True):
    """Everything that one `tagent chaos run` did."""

    started_at: str
    took_s: float
    platform: str
    dashboard: str | None
    interrupted: bool
    trials: tuple[Trial, ...]

    @property
    def is_green(self) -> bool:
        """Tell whether all was proven that was to be: every run as wanted, none left out."""
        return (
            not self.interrupted
            and bool(self.trials)
            and all(each.is_as_wanted for each in self.trials)
        )


def red_line(trial: Trial, dashboard: str | None) -> str:
    """Return the first line of a red result: hypothesis, broken promise, where the timeline is, how to run it again."""
    if trial.result.verdict is Verdict.PASSED:
        why = f"passed, but is to end {trial.wanted.value}: nothing here would notice a bad healer"
    else:
        why = f"{trial.result.verdict.value}: {trial.result.why}"
    where = _where(trial, dashboard)
    return (
        f"{trial.experiment} ({trial.hypothesis}) {why} | timeline: {where} | again: {trial.again}"
    )


def _where(trial: Trial, dashboard: str | None) -> str:
    if trial.run_id is None:
        return "none, it did not begin"
    return f"{dashboard}/experiments?run={trial.run_id}" if dashboard else trial.journal


def failures(trials: Sequence[Trial]) -> list[Trial]:
    """Return those that did not end as wanted."""
    return [trial for trial in trials if not trial.is_as_wanted]
