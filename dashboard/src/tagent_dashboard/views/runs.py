"""Runs of experiments: what goes on, what waits and for what, and what is to be said of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tagent_contract.experiments import Promise, RunResult, RunState, RunView
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.incidents import sentence
from tagent_dashboard.views.times import UNKNOWN, ago, clock, duration, moment, seconds
from tagent_dashboard.views.verdicts import VERDICT_MEANINGS

CLAIMED_WITHIN_S = 5.0
"""A runner that is there takes what waits within a second or two."""
RUNNER_COMMAND = "tagent chaos runner"


@dataclass(frozen=True, slots=True)
class Delay:
    """Why a run still waits. `needs_runner` when nobody is there to take it, so that somebody has to start one."""

    text: str
    needs_runner: bool = False


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """A promise as cells of a table."""

    is_kept: bool
    text: str
    measured: str
    allowed: str


def run_title(run: RunView) -> str:
    """Return what it tries; an experiment that names itself no better, by its name."""
    return run.title or run.experiment


def run_sentence(run: RunView) -> str:
    """Say in one sentence what came of a run that has ended; empty of another."""
    if run.verdict is None:
        return ""
    why = run.result.why if run.result is not None else ""
    return sentence(why or VERDICT_MEANINGS[run.verdict])


def run_command(run: RunView) -> str:
    """Return the command that runs the same experiment again."""
    return f"tagent chaos run {run.experiment}"


def course(run: RunView, now: float) -> str:
    """Say in one line how far a run is, or how long it took."""
    if run.state is RunState.WAITING:
        return f"waits for a runner since {clock(run.created_at)}, asked for by {run.created_by} {ago(run.created_at, now)}"
    begun = run.started_at or run.created_at
    if run.state is RunState.RUNNING:
        return f"by {run.runner} since {clock(begun)}, for {duration(now - seconds(begun))} so far"
    ended = run.ended_at or begun
    if run.started_at is None:
        return f"never began, ended {moment(ended)}, {ago(ended, now)}"
    took = duration(seconds(ended) - seconds(begun))
    return f"took {took}, ended {moment(ended)}, {ago(ended, now)}"


def stop_text(run: RunView) -> str:
    """Say that it is being stopped, and by whom; empty while nobody wants that."""
    if run.stop_asked_by is None or run.state is RunState.ENDED:
        return ""
    return f"Being stopped, asked by {run.stop_asked_by}: it plays its rollbacks, then ends."


def delay(
    run: RunView, open_runs: Iterable[RunView], snapshot: Snapshot, now: float
) -> Delay | None:
    """Return why a run is still not begun; None while it has only just been asked for, or goes on."""
    if run.state is not RunState.WAITING or now - seconds(run.created_at) <= CLAIMED_WITHIN_S:
        return None
    going_on = [each for each in open_runs if each.state is RunState.RUNNING]
    obstacle = _obstacle(run, going_on, snapshot)
    if obstacle:
        return Delay(obstacle)
    # Whoever runs an experiment of their own is its runner by their own name.
    runners = sorted({each.runner for each in going_on if each.runner != each.created_by})
    if runners:
        return Delay(f"Waits for its turn: {', '.join(runners)} is at work on other runs.")
    return Delay("Nobody takes it: no runner is there. Start one beside the platform:", True)


def _obstacle(run: RunView, going_on: Sequence[RunView], snapshot: Snapshot) -> str:
    if snapshot.halt.halted:
        return "Waits until the halt is released: no run begins while all faults are halted."
    for name in run.targets:
        for other in going_on:
            if name in other.targets:
                return f"Waits until {name} is free: a run of {other.experiment} has reserved it."
        service = snapshot.by_name.get(name)
        if service is None:
            return f"Waits for {name}, which the platform does not know any more."
        if service.maintenance is not None:
            return f"Waits until the maintenance of {name} is over."
        if snapshot.faults_by_service.get(name):
            return f"Waits until the fault on {name} has ended."
    return ""


def reserving(service: str, open_runs: Iterable[RunView]) -> RunView | None:
    """Return the run that has reserved a service, None while it is free."""
    return next(
        (run for run in open_runs if run.state is RunState.RUNNING and service in run.targets),
        None,
    )


def facts(run: RunView, now: float) -> tuple[tuple[str, str], ...]:
    """Return what is known of one run, each with its label."""
    begun = run.started_at
    found = [
        ("Experiment", run.experiment),
        ("Asked for", f"{moment(run.created_at)} by {run.created_by}"),
        ("Began", UNKNOWN if begun is None else f"{moment(begun)}, {ago(begun, now)}"),
        ("Runner", run.runner or UNKNOWN),
    ]
    if run.reason:
        found.append(("Why", run.reason))
    if begun is not None and run.ended_at is not None:
        found.append(("Took", duration(seconds(run.ended_at) - seconds(begun))))
    if run.result is not None:
        found += figures(run.result)
    return tuple(found)


def figures(result: RunResult) -> list[tuple[str, str]]:
    """Return what was measured in a run; a dash is what was not, which is not 0."""
    healer = result.healer
    return [
        ("Injected", str(result.injected)),
        ("MTTD", _times(result.mttd_s)),
        ("MTTR", _times(result.mttr_s)),
        (
            "Healing",
            f"{healer.healed} healed, {healer.missed} missed, {_count(healer.false_restarts, 'false restart')}, {healer.left_alone} left alone",
        ),
    ]


def _count(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _times(values: Sequence[float]) -> str:
    shown = ", ".join(map(duration, values[:5]))
    more = f" and {len(values) - 5} more" if len(values) > 5 else ""
    return f"{shown}{more}" or UNKNOWN


def promise_rows(promises: Iterable[Promise]) -> tuple[PromiseRow, ...]:
    """Return the promises, those that were broken first."""
    ordered = sorted(promises, key=lambda promise: promise.kept)
    return tuple(
        PromiseRow(each.kept, each.text, each.measured or UNKNOWN, each.allowed or UNKNOWN)
        for each in ordered
    )


def promises_said(promises: Sequence[Promise]) -> str:
    """Say how many were kept."""
    kept = sum(promise.kept for promise in promises)
    return f"{kept} of {len(promises)} kept"
