from __future__ import annotations

from tagent_sidecar.faults.cpu import CPU
from tagent_sidecar.faults.rules import ActsOn


def test_cpu_acts_on_the_process_and_outlives_an_incarnation() -> None:
    assert CPU.acts_on is ActsOn.PROCESS
    assert CPU.rule is None
    assert not CPU.strikes_each_incarnation
