from __future__ import annotations

from tagent_contract.reports import CheckFigures, ErrorClass, Histogram, Window
from tagent_sidecar.telemetry.totals import Totals


def test_totals_are_the_sums_of_all_windows() -> None:
    totals = Totals()
    for _ in range(2):
        totals.add(
            Window(
                age_s=0,
                duration_s=5,
                requests=10,
                errors={ErrorClass.CUT: 1},
                first_byte=Histogram(counts={8: 9, 16: 1}, sum_ms=3.0),
                bytes_in=100,
                outside=CheckFigures(passed=4, failed=1),
                log_lines_dropped=2,
            )
        )
    assert (totals.requests, totals.bytes_in, totals.log_lines_dropped) == (20, 200, 4)
    assert totals.errors[ErrorClass.CUT] == 2
    assert totals.first_byte == {8: 18, 16: 2}
    assert totals.first_byte_sum_ms == 6.0
    assert totals.checks["outside", "passed"] == 8
    assert totals.checks["inside", "failed"] == 0


def test_every_error_class_is_there_before_it_happens() -> None:
    assert set(Totals().errors) == set(ErrorClass)
