"""Whether what experiments have proven is enough. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tagent_contract.experiments import ScoreView


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What is asked for; None asks for nothing."""

    min_score: float | None = None
    max_mttr_s: float | None = None
    max_mttd_s: float | None = None
    max_false_restarts: int | None = None
    max_missed: int | None = None


def complaints(found: ScoreView, limits: Limits) -> list[str]:
    """Return what is not enough, each measured against allowed; nothing when all is."""
    return [
        text
        for text in (
            _too_low(found.score, limits.min_score),
            _too_long("MTTR p95", found.mttr.p95_s, limits.max_mttr_s),
            _too_long("MTTD p95", found.mttd.p95_s, limits.max_mttd_s),
            _too_many("false restarts", found.healer.false_restarts, limits.max_false_restarts),
            _too_many("faults missed", found.healer.missed, limits.max_missed),
        )
        if text
    ]


def _too_low(score: float | None, least: float | None) -> str:
    if least is None or (score is not None and score >= least):
        return ""
    measured = "no experiment is about it" if score is None else f"{score:g}"
    return f"score {measured}, at least {least:g} is asked for"


def _too_long(what: str, measured_s: float | None, most_s: float | None) -> str:
    if most_s is None or (measured_s is not None and measured_s <= most_s):
        return ""
    measured = "was never measured" if measured_s is None else f"{measured_s:.1f} s"
    return f"{what} {measured}, at most {most_s:g} s is allowed"


def _too_many(what: str, count: int, most: int | None) -> str:
    return "" if most is None or count <= most else f"{count} {what}, at most {most} allowed"
