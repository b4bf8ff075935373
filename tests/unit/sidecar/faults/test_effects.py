from __future__ import annotations

from tagent_sidecar.faults.effects import (
    Answer,
    Corrupt,
    CutAfter,
    Delay,
    DelayClose,
    ResetAfter,
    Swallow,
    Throttle,
    combine,
)


def test_delays_add_up() -> None:
    decision = combine([Delay("a", 1.0), Delay("b", 0.5)], counted=True)
    assert decision.delay_s == 1.5
    assert decision.fault_ids == ("a", "b")


def test_the_first_answer_stands() -> None:
    decision = combine([Answer("a", 500), Answer("b", 429)], counted=True)
    assert decision.answer == Answer("a", 500)


def test_of_every_other_effect_the_strongest_counts_in_any_order() -> None:
    pairs = [
        (Swallow("a", 1), Swallow("b", 2), "swallow"),
        (ResetAfter("a", 10), ResetAfter("b", 5), "reset"),
        (Throttle("a", 10), Throttle("b", 5), "throttle"),
        (CutAfter("a", 10), CutAfter("b", 5), "cut"),
        (DelayClose("a", 1), DelayClose("b", 2), "delay_close"),
        (Corrupt("a", 0.1, 1), Corrupt("b", 0.2, 1), "corrupt"),
    ]
    for weak, strong, name in pairs:
        for effects in ([weak, strong], [strong, weak]):
            decision = combine(effects, counted=True)
            assert getattr(decision, name) == strong
            assert sorted(decision.fault_ids) == ["a", "b"]


def test_different_effects_stand_beside_each_other() -> None:
    effects = [Delay("a", 1), Answer("b", 500), Throttle("c", 10), CutAfter("d", 5)]
    decision = combine(effects, counted=False)
    assert decision.delays
    assert decision.answer
    assert decision.throttle
    assert decision.cut
    assert decision.counted is False
    assert decision.swallow is decision.reset is decision.corrupt is decision.delay_close is None
