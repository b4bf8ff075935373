from __future__ import annotations

import pytest

from tagent_contract.faults import EndReason, Error, Latency, Match
from tagent_contract.plan import PlanFault
from tagent_sidecar.faults.armed import ArmedFault, matches_requests


def armed(fault: Error | Latency, *, ttl_left_s: float = 60.0) -> ArmedFault:
    return ArmedFault(PlanFault(id="f", fault=fault, ttl_left_s=ttl_left_s), 100.0, None)


def test_probability_strikes_about_its_share_and_repeats_with_its_seed() -> None:
    def draws(seed: int) -> list[bool]:
        fault = armed(Error(probability=0.3, seed=seed))
        return [fault.effect(101.0, counted=True) is not None for _ in range(1000)]

    assert 250 < sum(draws(1)) < 350
    assert draws(1) == draws(1)
    assert draws(1) != draws(2)


def test_the_sidecar_s_checks_do_not_shift_what_requests_draw() -> None:
    alone, disturbed = armed(Error(probability=0.5, seed=1)), armed(Error(probability=0.5, seed=1))
    expected = [alone.effect(101.0, counted=True) is None for _ in range(100)]
    seen = []
    for _ in range(100):
        disturbed.effect(101.0, counted=False)
        seen.append(disturbed.effect(101.0, counted=True) is None)
    assert seen == expected


def test_what_probability_lets_by_counts_as_passed() -> None:
    fault = armed(Error(probability=0.0))
    assert fault.effect(101.0, counted=True) is None
    assert fault.effect(101.0, counted=False) is None
    assert (fault.injected, fault.passed, fault.unsettled) == (0, 1, 0)


def test_an_effect_of_nothing_counts_as_passed() -> None:
    fault = armed(Latency(latency_ms=0))
    assert fault.effect(101.0, counted=True) is None
    assert (fault.passed, fault.unsettled) == (1, 0)


def test_max_count_also_counts_requests_whose_outcome_is_open() -> None:
    fault = armed(Error(max_count=2))
    assert [fault.effect(101.0, counted=True) is not None for _ in range(3)] == [True, True, False]
    assert not fault.is_used_up
    for _ in range(2):
        fault.affect(102.0)
        fault.settle(affected=True)
    assert fault.is_used_up


def test_it_ends_once() -> None:
    fault = armed(Error())
    fault.end(EndReason.TTL, 160.0)
    with pytest.raises(RuntimeError, match="ended as ttl, and again as cleared"):
        fault.end(EndReason.CLEARED, 161.0)


def test_progress_tells_ages_and_counts() -> None:
    fault = armed(Error())
    assert fault.affect(103.0) is True
    assert fault.affect(105.0) is False
    fault.end(EndReason.MAX_COUNT, 106.0, "enough")
    progress = fault.progress(110.0)
    assert (progress.active, progress.injected, progress.detail) == (False, 2, "enough")
    assert (progress.ack_age_s, progress.ended_age_s) == (10.0, 4.0)
    assert (progress.first_affected_age_s, progress.last_affected_age_s) == (7.0, 5.0)


def test_only_a_match_that_says_something_needs_requests() -> None:
    assert not matches_requests(Error())
    assert matches_requests(Error(match=Match(path="/x")))
    assert matches_requests(Error(match=Match(headers={"a": "b"})))
