"""How resilient services have proven to be: the score, what it is made of, and how it changed. What nobody knows is said, never shown as 0."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from tagent_contract.experiments import Percentiles, ScoreView
from tagent_dashboard.views.charts import COLOURS
from tagent_dashboard.views.times import UNKNOWN, clock, duration, moment
from tagent_dashboard.views.words import visible

ALL_SERVICES = "All services"
SCORE_MAX = 100


@dataclass(frozen=True, slots=True)
class PartRow:
    """What one experiment adds to a service's score, as cells of a table."""

    service: str
    experiment: str
    weight: str
    value: str
    why: str


@dataclass(frozen=True, slots=True)
class HealerCell:
    """One corner of the healer's confusion matrix. `is_good` tells which of them one wants to see counted."""

    count: int
    label: str
    meaning: str
    is_good: bool


def score_of(scores: Iterable[ScoreView], service: str) -> ScoreView | None:
    """Return one service's score, that of all together for an empty name; None when nothing is about it."""
    return next((score for score in scores if score.service == service), None)


def score_text(score: ScoreView | None) -> str:
    """Return `62.4 of 100`, or that it is not known."""
    if score is None or score.score is None:
        return "not known"
    if not score.history:
        return "not proven yet"
    return f"{score.score:g} of {SCORE_MAX}"


def score_advice(score: ScoreView | None) -> str:
    """Say why there is no figure, where there is none."""
    if score is None or score.score is None:
        return "No experiment that counts is about this yet."
    if not score.history:
        return "No experiment has been run to its end yet, so nothing is proven."
    return ""


def named(score: ScoreView) -> str:
    """Return what it is the score of."""
    return score.service or ALL_SERVICES


def part_rows(scores: Iterable[ScoreView]) -> tuple[PartRow, ...]:
    """Return what each service's score is made of, what adds least first."""
    return tuple(
        PartRow(
            service=score.service,
            experiment=part.experiment,
            weight=f"{part.weight:g}",
            value=f"{part.value * 100:.0f} %",
            why=part.text,
        )
        for score in scores
        for part in sorted(score.parts, key=lambda each: (each.value, each.experiment))
    )


def healer_cells(score: ScoreView | None) -> tuple[HealerCell, ...]:
    """Return the four corners of what healing did, right and wrong; none while it was not put to the test."""
    if score is None or not score.history:
        return ()
    healer = score.healer
    return (
        HealerCell(healer.healed, "healed", "broken and healed, as it should be", True),
        HealerCell(
            healer.missed, "missed", "broken and not healed, though it should have been", False
        ),
        HealerCell(
            healer.false_restarts, "false restarts", "restarted though nothing needed it", False
        ),
        HealerCell(
            healer.left_alone, "left alone", "rightly not restarted: no restart cures it", True
        ),
    )


def times_text(times: Percentiles) -> str:
    """Return p50 and p95, `1.2 s / 3 s`, or a dash."""
    if times.p50_s is None or times.p95_s is None:
        return UNKNOWN
    return f"{duration(times.p50_s)} / {duration(times.p95_s)}"


def history_panel(score: ScoreView) -> dict[str, Any]:
    """Return the score over time as `live_plots` draws it: a step at the end of each run."""
    points = score.history
    return {
        "title": f"Score, {visible(named(score))}",
        "legend": [
            {"label": "", "value": score_text(score), "colour": COLOURS[0], "dash": "solid"}
        ],
        "description": _description(score),
        "figure": {
            "data": [
                {
                    "type": "scatter",
                    "mode": "lines+markers",
                    "name": "score",
                    "x": [point.at for point in points],
                    "y": [point.score for point in points],
                    "line": {"color": COLOURS[0], "width": 2, "shape": "hv"},
                    "marker": {"color": COLOURS[0], "size": 7},
                    "hovertemplate": "%{y:g} of 100<extra></extra>",
                }
            ],
            "layout": {
                "xaxis": {"type": "date", "hoverformat": "%Y-%m-%d %H:%M:%S UTC", "nticks": 6},
                "yaxis": {"range": [0, SCORE_MAX + 4], "fixedrange": True, "nticks": 6},
            },
        },
        "bands": [],
    }


def _description(score: ScoreView) -> str:
    points = score.history
    if not points:
        return f"Score of {named(score)}: nothing is known yet."
    first, last = points[0], points[-1]
    return (
        f"Score of {named(score)} after each of {len(points)} runs: {first.score:g} at {moment(first.at)}, "
        f"{last.score:g} at {clock(last.at)}."
    )


def services_by_score(scores: Sequence[ScoreView]) -> tuple[ScoreView, ...]:
    """Return the services' scores, the lowest first, those that are not known last."""
    mine = [score for score in scores if score.service]
    return tuple(sorted(mine, key=lambda each: (_rank(each), each.service)))


def _rank(score: ScoreView) -> float:
    return SCORE_MAX + 1 if score.score is None or not score.history else score.score
