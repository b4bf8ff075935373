from __future__ import annotations

from tagent_contract.faults import SlowClose
from tagent_sidecar.faults.effects import DelayClose
from tagent_sidecar.faults.slow_close import SlowCloseRule
from tests.unit.sidecar.faults.strikes import strike


def test_the_close_is_delayed_by_the_time_asked_for() -> None:
    assert SlowCloseRule("f", SlowClose(delay_ms=250)).effect(strike()) == DelayClose("f", 0.25)


def test_a_delay_of_nothing_is_no_effect() -> None:
    assert SlowCloseRule("f", SlowClose(delay_ms=0)).effect(strike()) is None
