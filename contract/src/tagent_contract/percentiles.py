"""Percentiles of a few measured times. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tagent_contract.experiments import Percentiles


def percentiles_of(values: Iterable[float]) -> Percentiles:
    """Return p50 and p95 in seconds, each a time that was measured (nearest rank)."""
    ordered = sorted(values)
    if not ordered:
        return Percentiles()
    return Percentiles(
        count=len(ordered), p50_s=_nearest_rank(ordered, 50), p95_s=_nearest_rank(ordered, 95)
    )


def _nearest_rank(ordered: Sequence[float], percent: int) -> float:
    return ordered[-(-len(ordered) * percent // 100) - 1]
