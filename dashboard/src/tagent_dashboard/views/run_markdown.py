"""One run as a report, in Markdown to be kept or pasted elsewhere. It says nothing that depends on when it is read."""

from __future__ import annotations

from collections.abc import Iterable

from tagent_contract.experiments import RunResult, RunView
from tagent_dashboard.views.incident_markdown import safe, table
from tagent_dashboard.views.runs import (
    figures,
    promise_rows,
    promises_said,
    run_command,
    run_sentence,
    run_title,
)
from tagent_dashboard.views.timeline import lines
from tagent_dashboard.views.times import UNKNOWN, duration, moment, seconds
from tagent_dashboard.views.verdicts import run_word


def run_markdown(run: RunView) -> str:
    """Return the whole document."""
    parts = [
        f"# {safe(run_title(run))}: {run_word(run)[0]}\n",
        f"{safe(run_sentence(run) or 'It has not ended yet.')}\n",
        f"Hypothesis: {safe(run.hypothesis)}\n" if run.hypothesis else "",
        table(("Fact", "Value"), _facts(run)),
    ]
    if run.result is not None:
        parts += [_promises(run.result), _timeline(run.result), _what_it_left(run.result)]
    parts.append(f"## Again\n\n    {run_command(run)}\n")
    return "\n".join(part for part in parts if part)


def _facts(run: RunView) -> Iterable[tuple[str, str]]:
    yield "Run", run.id
    yield "Experiment", run.experiment
    yield "Services", ", ".join(run.targets)
    yield "Asked for", f"{moment(run.created_at)} by {run.created_by}"
    if run.reason:
        yield "Why", run.reason
    yield "Runner", run.runner or UNKNOWN
    yield "Began", _moment(run.started_at)
    yield "Ended", _moment(run.ended_at)
    if run.started_at is not None and run.ended_at is not None:
        yield "Took", duration(seconds(run.ended_at) - seconds(run.started_at))
    if run.result is not None:
        yield from figures(run.result)


def _promises(result: RunResult) -> str:
    if not result.promises:
        return "## Promises\n\nNone was measured.\n"
    rows = (
        ("kept" if row.is_kept else "BROKEN", row.text, row.measured, row.allowed)
        for row in promise_rows(result.promises)
    )
    head = f"## Promises\n\n{promises_said(result.promises)}.\n\n"
    return head + table(("Kept", "Promise", "Measured", "Allowed"), rows)


def _timeline(result: RunResult) -> str:
    if not result.timeline:
        return "## Timeline\n\nNothing happened.\n"
    rows = [(line.at, line.after, line.word, line.text) for line in lines(result.timeline)]
    return "## Timeline\n\n" + table(("UTC", "After", "Kind", "What happened"), rows)


def _what_it_left(result: RunResult) -> str:
    faults = ", ".join(result.faults) or "none"
    incidents = ", ".join(result.incidents) or "none"
    return f"## Faults and incidents\n\n- Faults: {safe(faults)}\n- Incidents: {safe(incidents)}\n"


def _moment(at: str | None) -> str:
    return UNKNOWN if at is None else moment(at)
