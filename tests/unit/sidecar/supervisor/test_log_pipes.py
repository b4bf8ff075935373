from __future__ import annotations

from tagent_sidecar.supervisor.log_pipes import LineGate


def test_so_many_lines_pass_in_a_second_and_the_rest_is_counted() -> None:
    gate = LineGate(per_s=3)
    assert gate.pass_some(["a", "b"], 10.1) == ["a", "b"]
    assert gate.pass_some(["c", "d", "e"], 10.9) == ["c"]
    assert gate.pass_some(["f"], 10.99) == []
    assert gate.dropped == 3
    assert gate.pass_some(["g"], 11.0) == ["g"]
