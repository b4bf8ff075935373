from __future__ import annotations

import pytest

from tagent_sidecar.health.check_result import CheckOutcome, CheckResult, Side


@pytest.mark.parametrize("outcome", list(CheckOutcome))
def test_only_a_passed_check_passed(outcome: CheckOutcome) -> None:
    result = CheckResult(Side.INSIDE, outcome, started_at=0.0)
    assert result.passed is (outcome.value == "passed")
