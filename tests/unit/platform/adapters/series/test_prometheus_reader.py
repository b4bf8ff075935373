from __future__ import annotations

import pytest

from tagent_platform.adapters.series.prometheus_reader import folds_of

DAY = 86_400.0


@pytest.mark.parametrize(
    ("range_s", "step_s", "count", "each_ms"),
    [
        (900, 5, 0, 60_000),  # the latest quarter of an hour is looked at window by window
        (1800, 5, 15, 60_000),
        (DAY, 60, 1425, 60_000),
        (DAY, 300, 285, 300_000),
        (DAY, 3600, 95, 900_000),  # an hour in four parts
        (DAY, 17.28, 1425, 60_000),
        (DAY, 100.0 / 3, 1425, 60_000),
        (DAY, 86_400, 95, 900_000),
    ],
)
def test_what_is_older_is_folded_in_steps_or_parts_of_them(
    range_s: float, step_s: float, count: int, each_ms: int
) -> None:
    start = 1_800_000_000.25
    folds = folds_of(start, start + range_s, step_s, 900.0)
    assert (folds.start_ms, folds.count, folds.each_ms) == (1_800_000_000_250, count, each_ms)
    assert folds.each_ms % 2 == 0
    assert folds.end_ms <= (start + range_s - 900) * 1000 or not count
