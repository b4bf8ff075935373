from __future__ import annotations

from tagent_contract.faults import Bandwidth
from tagent_sidecar.faults.bandwidth import BandwidthRule
from tests.unit.sidecar.faults.strikes import strike


def test_a_kilobyte_is_1024_bytes() -> None:
    assert BandwidthRule("f", Bandwidth(rate_kb_s=2)).effect(strike()).bytes_per_second == 2048
