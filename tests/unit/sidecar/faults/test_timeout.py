from __future__ import annotations

from tagent_contract.faults import Timeout
from tagent_sidecar.faults.timeout import TimeoutRule
from tests.unit.sidecar.faults.strikes import strike


def test_zero_swallows_until_the_fault_ends() -> None:
    assert TimeoutRule("f", Timeout()).effect(strike(seconds_left=33.0)).seconds == 33.0


def test_a_time_is_kept_and_never_reaches_past_the_fault_s_end() -> None:
    rule = TimeoutRule("f", Timeout(timeout_ms=1500))
    assert rule.effect(strike(seconds_left=33.0)).seconds == 1.5
    assert rule.effect(strike(seconds_left=1.0)).seconds == 1.0
