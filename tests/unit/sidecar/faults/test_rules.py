from __future__ import annotations

import pytest

from tagent_contract.faults import FAULT_KINDS, PROCESS_FAULTS
from tagent_sidecar.faults.rules import ActsOn
from tagent_sidecar.faults.table import FAULT_TYPES


@pytest.mark.parametrize("name", FAULT_TYPES)
def test_a_type_has_a_rule_exactly_if_it_acts_on_requests(name: str) -> None:
    fault_type = FAULT_TYPES[name]
    assert (fault_type.rule is not None) == (fault_type.acts_on is ActsOn.REQUEST)
    assert (fault_type.acts_on is ActsOn.PROCESS) == (name in PROCESS_FAULTS)


@pytest.mark.parametrize("name", [name for name, kind in FAULT_TYPES.items() if kind.rule])
def test_every_rule_is_made_from_its_own_defaults(name: str) -> None:
    rule = FAULT_TYPES[name].rule
    assert rule is not None
    assert callable(rule("id", FAULT_KINDS[name]()).effect)
