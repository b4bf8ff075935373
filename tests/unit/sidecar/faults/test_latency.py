from __future__ import annotations

from random import Random

from tagent_contract.faults import Latency
from tagent_sidecar.faults.latency import LatencyRule
from tagent_sidecar.faults.rules import Strike
from tests.unit.sidecar.faults.strikes import strike


def test_the_default_delays_by_two_and_a_half_seconds() -> None:
    effect = LatencyRule("f", Latency()).effect(strike())
    assert effect is not None
    assert effect.seconds == 2.5


def test_a_delay_of_nothing_is_no_effect() -> None:
    assert LatencyRule("f", Latency(latency_ms=0)).effect(strike()) is None


def test_jitter_stays_within_its_bounds_and_never_turns_negative() -> None:
    rule = LatencyRule("f", Latency(latency_ms=100, jitter_ms=150))
    random = Random(7)
    effects = [rule.effect(Strike(0.0, 60.0, random, True)) for _ in range(500)]
    delays = [effect.seconds for effect in effects if effect is not None]
    assert all(0 < delay <= 0.25 for delay in delays)
    assert max(delays) > 0.2
    assert None in effects


def test_the_same_seed_draws_the_same_jitter() -> None:
    rule = LatencyRule("f", Latency(jitter_ms=500))
    assert rule.effect(strike(seed=3)) == rule.effect(strike(seed=3))
    assert rule.effect(strike(seed=3)) != rule.effect(strike(seed=4))
