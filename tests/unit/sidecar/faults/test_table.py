from __future__ import annotations

from tagent_contract.faults import CONNECTION_FAULTS, FAULT_KINDS, PROCESS_FAULTS
from tagent_sidecar.faults.table import FAULT_TYPES, unsupported_by_protocol


def test_the_table_names_every_type_of_the_contract_and_no_other() -> None:
    assert list(FAULT_TYPES) == list(FAULT_KINDS)


def test_http_supports_every_type() -> None:
    assert unsupported_by_protocol("http") == {}


def test_tcp_supports_what_acts_on_connections_and_processes() -> None:
    unsupported = unsupported_by_protocol("tcp")
    assert set(FAULT_TYPES) - set(unsupported) == CONNECTION_FAULTS | PROCESS_FAULTS
    assert all("--protocol http" in reason for reason in unsupported.values())
