"""Faults as a table for spreadsheets: one row for each target, with all that is known."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import msgspec

from tagent_contract.faults import FaultBase, FaultTarget, FaultView

_FAULT = ("id", "service", "type", "state", "created_at", "expires_at", "ended_at", "end_reason")
_SHARED = (
    "reason",
    "healing",
    "scope",
    "ttl_s",
    "probability",
    "max_count",
    "seed",
    "run_id",
)
_TARGET = FaultTarget.__struct_fields__
_HEADS = (
    *_FAULT,
    "created_by",
    "incident",
    *_SHARED,
    "match",
    "parameters",
    *(f"target_{name}" for name in _TARGET),
)
_BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
_BASE = frozenset(FaultBase.__struct_fields__)


def faults_csv(faults: Iterable[FaultView]) -> str:
    """Return the table with its head. A cell that a spreadsheet would take for a formula begins with an apostrophe, which makes it text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_HEADS)
    for fault in faults:
        head = _fault_cells(fault)
        for target in fault.targets or (None,):
            writer.writerow([_cell(value) for value in (*head, *_target_cells(target))])
    return out.getvalue()


def _fault_cells(fault: FaultView) -> list[object]:
    one = fault.fault
    parameters = {name: getattr(one, name) for name in one.__struct_fields__ if name not in _BASE}
    return [
        *(getattr(fault, name) for name in _FAULT),
        fault.created_by,
        fault.incident,
        *(getattr(one, name) for name in _SHARED),
        one.match,
        parameters,
    ]


def _target_cells(target: FaultTarget | None) -> list[object]:
    return [None if target is None else getattr(target, name) for name in _TARGET]


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, dict | msgspec.Struct):
        value = msgspec.json.encode(value).decode()
    text = str(value)
    # Of what begins like a formula only a number is none; ours are never negative, but they might be.
    is_number = isinstance(value, int | float)
    return f"'{text}" if text.startswith(_BEGINS_A_FORMULA) and not is_number else text
