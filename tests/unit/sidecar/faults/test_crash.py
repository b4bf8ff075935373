from __future__ import annotations

from tagent_sidecar.faults.crash import CRASH
from tagent_sidecar.faults.rules import ActsOn


def test_crash_acts_on_the_process_and_strikes_each_new_incarnation() -> None:
    assert CRASH.acts_on is ActsOn.PROCESS
    assert CRASH.rule is None
    assert CRASH.strikes_each_incarnation
