from __future__ import annotations

import msgspec

from tagent_contract.faults import (
    CONNECTION_FAULTS,
    FAULT_KINDS,
    PROCESS_FAULTS,
    Error,
    Fault,
    FaultState,
    fault_type,
)


def test_the_table_of_kinds_is_the_union_on_the_wire() -> None:
    schema = msgspec.json.schema(Fault)
    assert set(schema["discriminator"]["mapping"]) == set(FAULT_KINDS)


def test_a_fault_knows_its_type() -> None:
    assert fault_type(Error()) == "error"
    assert all(fault_type(kind()) == name for name, kind in FAULT_KINDS.items())


def test_groups_name_known_types_and_do_not_overlap() -> None:
    assert set(FAULT_KINDS) >= PROCESS_FAULTS | CONNECTION_FAULTS
    assert not PROCESS_FAULTS & CONNECTION_FAULTS


def test_exactly_the_five_ends_are_final() -> None:
    assert {state for state in FaultState if state.is_final} == {
        FaultState.EXPIRED,
        FaultState.CLEARED,
        FaultState.HALTED,
        FaultState.LOST,
        FaultState.FAILED,
    }
