from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tagent_contract.faults import EndReason, FaultState, FaultView, Latency, Match
from tagent_dashboard.views.fault_csv import faults_csv
from tests.fakes.shown import ago, fault, target


def read(*faults: FaultView) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(faults_csv(faults))))


def test_each_target_has_its_row_with_all_that_is_known() -> None:
    ended = target(
        instance="chat-2", state=FaultState.EXPIRED, ended_at=ago(1), end_reason=EndReason.TTL,
        injected=7, passed=2, detail="fine",
    )  # fmt: skip
    settings = Latency(latency_ms=800, reason="game day", match=Match(path="/v1/*"), seed=42)
    one = fault(fault=settings, targets=(target(), ended), incident="i1")
    first, second = read(one)
    assert (first["id"], first["service"], first["type"]) == ("f1", "chat-service", "latency")
    assert (first["reason"], first["seed"], first["incident"]) == ("game day", "42", "i1")
    assert first["match"] == '{"path":"/v1/*"}'
    assert first["parameters"] == '{"latency_ms":800,"jitter_ms":0.0}'
    assert (first["target_instance"], first["target_end_reason"]) == ("chat-service-9001", "")
    assert (second["target_instance"], second["target_end_reason"]) == ("chat-2", "ttl")
    assert (second["target_injected"], second["target_passed"]) == ("7", "2")
    assert second["target_detail"] == "fine"


def test_every_field_of_a_target_and_of_every_fault_has_its_column() -> None:
    (row,) = read(fault())
    assert {f"target_{name}" for name in target().__struct_fields__} <= set(row)
    shared = set(Latency().__struct_fields__) - {"latency_ms", "jitter_ms", "target"}
    assert shared <= set(row)
    told_otherwise = {"fault", "targets", "timeline", "injected", "passed"}
    assert set(fault().__struct_fields__) - told_otherwise <= set(row)


def test_a_fault_without_targets_has_a_row_too() -> None:
    (row,) = read(fault(targets=()))
    assert (row["id"], row["target_instance"]) == ("f1", "")


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r", "\n"])
def test_a_cell_that_begins_like_a_formula_is_text(begins: str) -> None:
    hostile = f'{begins}HYPERLINK("http://evil.example","click")'
    named: dict[str, Any] = {"created_by": hostile, "fault": Latency(reason=hostile)}
    (row,) = read(fault(**named))
    assert row["created_by"].startswith("'")
    assert row["reason"].startswith("'")


def test_numbers_and_names_are_left_as_they_are() -> None:
    (row,) = read(fault(service="chat-service", injected=3))
    assert row["service"] == "chat-service"
    assert row["ttl_s"] == "120.0"


def test_text_with_commas_quotes_and_line_ends_stays_in_its_cell() -> None:
    reason = 'a, "b"\nc'
    (row,) = read(fault(fault=Latency(reason=reason)))
    assert row["reason"] == reason
