from __future__ import annotations

from tagent_contract.faults import Reset
from tagent_sidecar.faults.effects import ResetAfter
from tagent_sidecar.faults.reset import ResetRule
from tests.unit.sidecar.faults.strikes import strike


def test_the_reset_comes_after_the_bytes_asked_for() -> None:
    assert ResetRule("f", Reset()).effect(strike()) == ResetAfter("f", 0)
    assert ResetRule("f", Reset(after_bytes=9)).effect(strike()) == ResetAfter("f", 9)
