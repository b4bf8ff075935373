"""Percentiles of measured times."""

from __future__ import annotations

from tagent_contract.experiments import Percentiles
from tagent_contract.percentiles import percentiles_of


def test_percentiles_are_times_that_were_measured() -> None:
    assert percentiles_of([]) == Percentiles()
    assert percentiles_of([3.0]) == Percentiles(count=1, p50_s=3.0, p95_s=3.0)
    assert percentiles_of(map(float, range(1, 21))) == Percentiles(count=20, p50_s=10.0, p95_s=19.0)
