from __future__ import annotations

from tagent_contract.faults import Crash
from tagent_sidecar.faults.commands import ConnectionsChanged, StartProcessFault, StopProcessFault


def test_commands_are_values() -> None:
    assert StopProcessFault("a") == StopProcessFault("a")
    assert ConnectionsChanged(frozenset({"a"})) != ConnectionsChanged(frozenset())
    assert StartProcessFault("a", Crash(), 1.0) == StartProcessFault("a", Crash(), 1.0)
