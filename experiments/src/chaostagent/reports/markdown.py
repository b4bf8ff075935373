"""A summary for a pull request or a step's summary. Pure."""

from __future__ import annotations

import re

from chaostagent.reports.words import by_experiment, headline, healer, outcome, seconds, times
from chaostagent.running.results import Campaign, failures, red_line

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~])")


def markdown(campaign: Campaign) -> str:
    """Return the summary; whatever came from elsewhere is text in it."""
    mark = "✅" if campaign.is_green else "❌"
    lines = [f"## {mark} Tagent chaos: {headline(campaign)}", ""]
    red = failures(campaign.trials)
    lines += [f"- {_text(red_line(trial, campaign.dashboard))}" for trial in red]
    lines += [""] if red else []
    lines += [
        "| experiment | verdict | injected | MTTD p50 / p95 | MTTR p50 / p95 |",
        "|---|---|---:|---:|---:|",
    ]
    for name, trials in by_experiment(campaign.trials).items():
        mttd, mttr = times(trials)
        verdicts = ", ".join(dict.fromkeys(outcome(trial) for trial in trials))
        good = sum(trial.is_as_wanted for trial in trials)
        said = verdicts if len(trials) == 1 else f"{good} of {len(trials)} as promised: {verdicts}"
        lines.append(
            f"| {_text(name)} | {'✅' if good == len(trials) else '❌'} {_text(said)} | {sum(trial.result.injected for trial in trials)} "
            f"| {seconds(mttd.p50_s)} / {seconds(mttd.p95_s)} | {seconds(mttr.p50_s)} / {seconds(mttr.p95_s)} |"
        )
    figures = healer(campaign.trials)
    lines += [
        "",
        f"Healer: {figures.healed} healed, {figures.missed} missed, {figures.false_restarts} false restarts, "
        f"{figures.left_alone} rightly left alone.",
        "",
    ]
    return "\n".join(lines)


def _text(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))
