from __future__ import annotations

from tagent_sidecar.faults.hang import HANG
from tagent_sidecar.faults.rules import ActsOn


def test_hang_acts_on_the_process_and_strikes_each_new_incarnation() -> None:
    assert HANG.acts_on is ActsOn.PROCESS
    assert HANG.rule is None
    assert HANG.strikes_each_incarnation
