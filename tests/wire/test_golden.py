"""The wire as it was agreed: every example in `golden/v1` is read today as it was when it was written.

An example is never edited and never deleted, since a sidecar or client that speaks like it may still be running somewhere. What
is new gets an example of its own.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import pkgutil
from pathlib import Path
from typing import Any, get_args, get_type_hints

import msgspec
import pytest

import tagent_contract
from tagent_contract import wire
from tagent_contract.events import Event
from tagent_contract.experiments import (
    Catalog,
    ClaimRequest,
    ExperimentView,
    RunHeartbeat,
    RunRequest,
    RunResult,
    RunView,
    ScoreView,
)
from tagent_contract.faults import FAULT_KINDS, Fault, FaultBase, FaultView, fault_type
from tagent_contract.incidents import IncidentView, Note
from tagent_contract.plan import Plan, PlanRevision
from tagent_contract.policy import ServicePolicy
from tagent_contract.problems import Problem
from tagent_contract.reports import Batch
from tagent_contract.services import (
    Halt,
    HaltRequest,
    HealingPass,
    HealingPassRequest,
    LogEntry,
    Maintenance,
    MaintenanceRequest,
    ReasonRequest,
    Role,
    SeriesView,
    ServiceView,
    TokenRequest,
    TokenView,
)
from tagent_sidecar.faults.engine import FaultEngine
from tests.fakes.house import House

GOLDEN = Path(__file__).parent / "golden" / "v1"
EXAMPLES = sorted(GOLDEN.glob("*.json"))
KINDS: dict[str, Any] = {
    "batch": Batch,
    "catalog": Catalog,
    "claim_request": ClaimRequest,
    "event": Event,
    "experiment": ExperimentView,
    "fault": Fault,
    "fault_view": FaultView,
    "halt": Halt,
    "halt_request": HaltRequest,
    "healing_pass": HealingPass,
    "healing_pass_request": HealingPassRequest,
    "incident": IncidentView,
    "log_entry": LogEntry,
    "maintenance": Maintenance,
    "maintenance_request": MaintenanceRequest,
    "note": Note,
    "plan": Plan,
    "plan_revision": PlanRevision,
    "policy": ServicePolicy,
    "problem": Problem,
    "reason_request": ReasonRequest,
    "role": Role,
    "run": RunView,
    "run_heartbeat": RunHeartbeat,
    "run_request": RunRequest,
    "run_result": RunResult,
    "score": ScoreView,
    "series": SeriesView,
    "service": ServiceView,
    "token": TokenView,
    "token_request": TokenRequest,
}


def kind_of(example: Path) -> Any:
    """A file's name begins with what it is, `fault_latency.json`; the longest word that fits."""
    fitting = [
        name for name in KINDS if example.stem == name or example.stem.startswith(f"{name}_")
    ]
    assert fitting, f"nobody knows what {example.name} is"
    return KINDS[max(fitting, key=len)]


def lost_in(written: Any, read: Any, path: str = "$") -> list[str]:
    """Return the paths of what was written and is not what was read; what reading added does not matter."""
    if isinstance(written, dict) and isinstance(read, dict):
        return [
            lost
            for name, value in written.items()
            for lost in lost_in(value, read.get(name, "nothing"), f"{path}.{name}")
        ]
    if isinstance(written, list) and isinstance(read, list) and len(written) == len(read):
        pairs = enumerate(zip(written, read, strict=True))
        return [lost for n, (w, r) in pairs for lost in lost_in(w, r, f"{path}[{n}]")]
    return [] if written == read and type(written) is type(read) else [path]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_every_word_of_an_example_is_still_understood(example: Path) -> None:
    data = example.read_bytes()
    value = wire.decode(data, kind_of(example))

    again = wire.encode(value)

    assert wire.decode(again, kind_of(example)) == value
    if "smallest" not in example.stem and not omits_defaults(value):
        assert lost_in(json.loads(data), json.loads(again)) == []


def omits_defaults(value: Any) -> bool:
    return bool(value.__struct_config__.omit_defaults)


def test_there_is_an_example_of_every_fault_type_with_all_its_parameters() -> None:
    for name, kind in FAULT_KINDS.items():
        example = json.loads((GOLDEN / f"fault_{name}.json").read_bytes())
        assert set(example) == {"type", *kind.__struct_fields__}
        fault = wire.decode(json.dumps(example), Fault)
        assert fault_type(fault) == name
        defaults = {
            field.encode_name: field.default for field in msgspec.structs.fields(type(fault))
        }
        for parameter in kind.__struct_fields__:
            assert getattr(fault, parameter) != defaults[parameter], (
                f"{name}.{parameter} is its default, so the example does not show that it is read"
            )


def test_every_type_of_the_contract_is_in_some_example() -> None:
    """The types without behaviour have no other test: here each is parsed."""
    parsed: set[type] = set()
    for example in EXAMPLES:
        collect(wire.decode(example.read_bytes(), kind_of(example)), parsed)
    declared = {
        value
        for module in pkgutil.iter_modules(tagent_contract.__path__)
        for value in vars(importlib.import_module(f"tagent_contract.{module.name}")).values()
        if isinstance(value, type) and issubclass(value, msgspec.Struct)
    }
    assert declared - parsed - {msgspec.Struct, FaultBase} == set()


def collect(value: Any, found: set[type]) -> None:
    if isinstance(value, msgspec.Struct):
        found.add(type(value))
        for field in value.__struct_fields__:
            collect(getattr(value, field), found)
    elif isinstance(value, tuple):
        for item in value:
            collect(item, found)


def test_the_sidecar_carries_the_golden_plan_out() -> None:
    plan = wire.decode((GOLDEN / "plan.json").read_bytes(), Plan)
    engine = FaultEngine()
    engine.renew_lease(100.0)

    engine.apply_plan(plan, 100.0, "2")

    assert engine.active_ids == ("k3m9x2", "s4v5w6")
    halted = wire.decode((GOLDEN / "plan_halted.json").read_bytes(), Plan)
    engine.apply_plan(halted, 101.0, "2")
    assert engine.active_ids == ()


async def test_the_platform_takes_the_golden_batch_in() -> None:
    house = House()
    batch = wire.decode((GOLDEN / "batch.json").read_bytes(), Batch)

    for report in batch.reports:
        await house.send(report)

    assert house.instance("chat-service-9001", "chat-service").incarnation == "2"
    assert [sample.window.requests for sample in house.series.windows] == [240]
    assert [line.text for line in house.series.lines] == ["upstream said no: Größe ✗"]
    goodbye = wire.decode((GOLDEN / "batch_goodbye.json").read_bytes(), Batch)
    await house.send(*goodbye.reports)
    assert "instance.said_goodbye" in await house.kinds()


def test_the_answers_that_fault_types_give_are_those_of_the_union() -> None:
    hints = get_type_hints(FaultView)
    assert set(get_args(hints["fault"])) == set(FAULT_KINDS.values())


def test_no_example_was_edited_or_taken_away() -> None:
    """A new example is added to the list: `sha256sum *.json > ../v1.sha256`, in its folder."""
    sums = (GOLDEN.parent / "v1.sha256").read_text().splitlines()
    agreed = {name: digest for digest, name in (line.split() for line in sums)}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in EXAMPLES}
    assert found == agreed
