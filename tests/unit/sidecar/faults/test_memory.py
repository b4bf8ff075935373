from __future__ import annotations

from tagent_sidecar.faults.memory import MEMORY
from tagent_sidecar.faults.rules import ActsOn


def test_memory_acts_on_the_process_and_outlives_an_incarnation() -> None:
    assert MEMORY.acts_on is ActsOn.PROCESS
    assert MEMORY.rule is None
    assert not MEMORY.strikes_each_incarnation
