"""What a review looks at."""

from __future__ import annotations

import pytest

from tagent_contract.policy import HealingPolicy, Mode, ServicePolicy
from tagent_platform.core.records import ServiceRecord
from tests.fakes.clinic import facts, instance


@pytest.mark.parametrize(
    ("service", "at_most", "mode"),
    [
        (Mode.HEAL, Mode.HEAL, Mode.HEAL),
        (Mode.HEAL, Mode.CHECK, Mode.CHECK),
        (Mode.CHECK, Mode.HEAL, Mode.CHECK),
        (Mode.OFF, Mode.HEAL, Mode.OFF),
        (Mode.OFF, Mode.CHECK, Mode.OFF),
    ],
)
def test_the_stricter_mode_counts(service: Mode, at_most: Mode, mode: Mode) -> None:
    record = ServiceRecord(name="chat", policy=ServicePolicy(healing=HealingPolicy(mode=service)))
    assert facts(service=record, mode_at_most=at_most).mode is mode


def test_attempts_are_judged_by_the_same_facts() -> None:
    looked_at = facts(instance(), proven={"chat-1"}, listening_since=7.0)
    watch = looked_at.watch()
    assert (watch.live, watch.proven, watch.listening_since) == (
        looked_at.live,
        {"chat-1"},
        7.0,
    )
    assert watch.policy is looked_at.service.policy
