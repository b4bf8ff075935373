"""The catalog of experiments: what each promises, what its latest runs said, and what running it would break."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tagent_contract.experiments import ExperimentView, RunState, RunView, Verdict
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.times import ago, clock, when
from tagent_dashboard.views.verdicts import counted_verdict, run_word
from tagent_dashboard.views.words import NEVER_RUN_LOOK, VERDICT_LOOKS, Look, visible

NEVER_RUN = "never run"


@dataclass(frozen=True, slots=True)
class ExperimentFilter:
    """Which experiments are asked for; what is empty asks for all."""

    service: str = ""
    tag: str = ""
    last: str = ""
    """The latest verdict, or NEVER_RUN."""

    def matches(self, experiment: ExperimentView) -> bool:
        """Tell whether it is asked for."""
        return (
            (not self.service or self.service in experiment.targets)
            and (not self.tag or self.tag in experiment.tags)
            and self.last in ("", last_word(experiment))
        )

    @property
    def is_narrow(self) -> bool:
        """Tell whether anything is left out."""
        return self != ExperimentFilter()


@dataclass(frozen=True, slots=True)
class Mark:
    """One run of an experiment, small: a shape to click on, and words for whoever asks what it means."""

    run: str
    shape: str
    colour: str
    text: str


@dataclass(frozen=True, slots=True)
class ExperimentRow:
    """One experiment as the catalog shows it. Foreign text is as written: it goes where markup has no meaning."""

    name: str
    title: str
    hypothesis: str
    targets: tuple[str, ...]
    tags: tuple[str, ...]
    word: str
    icon: str
    colour: str
    last: str
    """When that was, or what goes on."""
    why: str
    last_run: str
    """The id of the run that this tells of; empty for none."""
    marks: tuple[Mark, ...]
    """The latest runs, the newest last, as one reads."""
    note: str
    is_open: bool
    """Whether a run of it waits or goes on."""


def last_ended(experiment: ExperimentView) -> RunView | None:
    """Return the latest run that has ended, None if there is none."""
    return next((run for run in experiment.runs if run.state is RunState.ENDED), None)


def last_word(experiment: ExperimentView) -> str:
    """Return what the latest run said, in a word; of one that must fail, whether it did."""
    run = last_ended(experiment)
    verdict = counted_verdict(run) if run is not None else None
    return verdict.value if verdict is not None else NEVER_RUN


def last_words() -> tuple[str, ...]:
    """Return all words that a latest run may have."""
    return (*(verdict.value for verdict in Verdict), NEVER_RUN)


def catalog(
    experiments: Iterable[ExperimentView], open_runs: Iterable[RunView], now: float
) -> list[ExperimentRow]:
    """Return a row for each experiment, in their order; `open_runs` may be newer than what the experiments say."""
    by_experiment = {run.experiment: run for run in open_runs}
    return [_row(each, by_experiment.get(each.name), now) for each in experiments]


def _row(experiment: ExperimentView, open_run: RunView | None, now: float) -> ExperimentRow:
    shown = open_run or last_ended(experiment)
    look, word = _look(shown)
    return ExperimentRow(
        name=experiment.name,
        title=visible(experiment.title) or experiment.name,
        hypothesis=visible(experiment.hypothesis),
        targets=experiment.targets,
        tags=tuple(map(visible, experiment.tags)),
        word=word,
        icon=look.icon,
        colour=look.colour,
        last=_last(shown, now),
        why=_why(shown),
        last_run=shown.id if shown else "",
        marks=tuple(_mark(run, now) for run in reversed(experiment.runs) if run.verdict),
        note="" if experiment.weight > 0 else "does not count in the score",
        is_open=open_run is not None,
    )


def _look(run: RunView | None) -> tuple[Look, str]:
    if run is None:
        return NEVER_RUN_LOOK, NEVER_RUN
    word, look = run_word(run)
    return look, word


def _last(run: RunView | None, now: float) -> str:
    if run is None:
        return ""
    if run.state is RunState.WAITING:
        return f"asked for {ago(run.created_at, now)}"
    if run.state is RunState.RUNNING:
        return f"began {ago(run.started_at or run.created_at, now)}"
    return ago(run.ended_at or run.created_at, now)


def _why(run: RunView | None) -> str:
    if run is None or run.result is None or run.verdict is run.wanted:
        return ""
    return visible(run.result.why)


def _mark(run: RunView, now: float) -> Mark:
    word, look = run_word(run)
    at = run.ended_at or run.created_at
    text = f"{word}, {when(at, now)} UTC"
    return Mark(run.id, look.shape, look.colour, text)


def counts(experiments: Sequence[ExperimentView]) -> tuple[tuple[str, Look, int], ...]:
    """Return how many experiments ended how the last time, in the order of the words, without those that are none."""
    words = [last_word(each) for each in experiments]
    looks = {verdict.value: look for verdict, look in VERDICT_LOOKS.items()}
    return tuple(
        (word, looks.get(word, NEVER_RUN_LOOK), words.count(word))
        for word in last_words()
        if word in words
    )


def tags_of(experiments: Iterable[ExperimentView]) -> tuple[str, ...]:
    """Return every tag that is used, in order."""
    return tuple(sorted({tag for each in experiments for tag in each.tags}))


def services_of(experiments: Iterable[ExperimentView]) -> tuple[str, ...]:
    """Return every service that an experiment is about, in order."""
    return tuple(sorted({name for each in experiments for name in each.targets}))


def runnable(
    experiments: Iterable[ExperimentView], open_runs: Iterable[RunView]
) -> tuple[ExperimentView, ...]:
    """Return those that no run of waits or goes on yet: asking twice would only break the same thing twice."""
    busy = {run.experiment for run in open_runs}
    return tuple(each for each in experiments if each.name not in busy)


def run_hits(experiments: Sequence[ExperimentView]) -> str:
    """Say what running them does to whom."""
    names = services_of(experiments)
    many = len(names) > 1
    return (
        f"This breaks {', '.join(names)} on purpose. {'Each' if many else 'It'} is reserved while a run on it goes on: "
        "nobody else can inject anything into it. Stop ends a run early and undoes what it did."
    )


def obstacles(experiments: Sequence[ExperimentView], snapshot: Snapshot) -> tuple[str, ...]:
    """Return what would keep these runs waiting now, or make them prove nothing, one sentence each."""
    found = []
    if snapshot.halt.halted:
        found.append("All faults are halted: no run begins until the halt is released.")
    for name in services_of(experiments):
        service = snapshot.by_name.get(name)
        if service is None:
            found.append(f"{name} is not known to the platform.")
            continue
        if service.maintenance is not None:
            until = clock(service.maintenance.until)
            found.append(f"{name} is in maintenance until {until} UTC: no run begins on it.")
        if service.health.value != "HEALTHY":
            found.append(
                f"{name} is {service.health.value} now: a run on it ends as baseline-not-met."
            )
        if snapshot.faults_by_service.get(name):
            found.append(f"{name} has a fault in force: a run on it waits until that has ended.")
    return tuple(found)
