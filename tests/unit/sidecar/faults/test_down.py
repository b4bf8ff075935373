from __future__ import annotations

from tagent_contract.faults import Down
from tagent_sidecar.faults.down import DOWN, closes_port
from tagent_sidecar.faults.rules import ActsOn


def test_a_certain_down_closes_the_port() -> None:
    assert DOWN.acts_on is ActsOn.PORT
    assert closes_port(Down())


def test_a_down_that_must_choose_or_count_leaves_the_port_open() -> None:
    assert not closes_port(Down(probability=0.99))
    assert not closes_port(Down(max_count=3))
