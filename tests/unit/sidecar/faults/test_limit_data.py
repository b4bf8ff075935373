from __future__ import annotations

from tagent_contract.faults import LimitData
from tagent_sidecar.faults.effects import CutAfter
from tagent_sidecar.faults.limit_data import LimitDataRule
from tests.unit.sidecar.faults.strikes import strike


def test_the_cut_comes_after_the_bytes_asked_for() -> None:
    assert LimitDataRule("f", LimitData(bytes=7)).effect(strike()) == CutAfter("f", 7)
