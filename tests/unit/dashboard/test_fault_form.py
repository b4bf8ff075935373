"""Every fault type that the platform's document names has its form."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tagent_contract.faults import FAULT_KINDS, Fault, FaultBase
from tagent_contract.wire import convert
from tagent_dashboard.views.fault_form import HEALING_WORDS, FaultForm, fault_forms
from tagent_dashboard.views.schema_form import assembled
from tagent_platform.api.openapi import _contract_schemas

DOCUMENT: dict[str, Any] = {"components": {"schemas": _contract_schemas()}}
FORMS = fault_forms(DOCUMENT)


def names(fields: Any) -> list[str]:
    return [item.name for item in fields]


def all_fields(form: FaultForm) -> Any:
    return (*form.own, *form.usual, *form.rare)


def test_each_type_of_the_contract_has_its_form_in_its_order() -> None:
    assert list(FORMS) == list(FAULT_KINDS)


def test_the_types_own_fields_come_first_then_the_usual_then_the_rare() -> None:
    form = FORMS["latency"]
    assert names(form.own) == ["latency_ms", "jitter_ms"]
    assert names(form.usual) == ["ttl_s", "probability", "scope"]
    assert names(form.rare) == [
        "match.method",
        "match.path",
        "match.headers",
        "max_count",
        "seed",
    ]
    assert (form.title, form.words, form.about) == (
        "Latency",
        "latency",
        "Delays a request before it goes upstream.",
    )
    assert form.reason_length_max == 500


def test_a_fault_on_the_process_is_not_asked_about_requests() -> None:
    form = FORMS["crash"]
    assert names(form.own) == ["signal"]
    assert names(form.usual) == ["ttl_s", "scope"]
    assert form.rare == ()


@pytest.mark.parametrize("kind", FAULT_KINDS)
def test_what_stands_in_an_untouched_form_is_the_fault_with_its_defaults(kind: str) -> None:
    form = FORMS[kind]
    made = {"type": kind, **assembled({item: item.default for item in all_fields(form)})}
    fault: FaultBase = convert(made, Fault)  # type: ignore[arg-type] # mypy takes a union for no type
    assert fault == FAULT_KINDS[kind]()


@pytest.mark.parametrize("kind", FAULT_KINDS)
def test_every_parameter_of_a_type_can_be_set(kind: str) -> None:
    own = set(FAULT_KINDS[kind].__struct_fields__) - set(FaultBase.__struct_fields__)
    assert {item.path[0] for item in FORMS[kind].own} == own


def test_the_healing_words_are_those_of_the_contract() -> None:
    schema = DOCUMENT["components"]["schemas"]["Healing"]
    assert set(HEALING_WORDS) == set(schema["enum"])


def test_a_type_that_only_a_newer_platform_knows_has_its_form_too() -> None:
    schemas = msgspec.json.decode(msgspec.json.encode(_contract_schemas()))
    newer = dict(schemas["Hang"])
    newer["properties"] = {
        **newer["properties"],
        "type": {"enum": ["skew"]},
        "offset_s": {"type": "number", "default": 30, "description": "By how much."},
    }
    newer["description"] = "Shifts the clock."
    schemas["Skew"] = newer
    schemas["Fault"]["discriminator"]["mapping"]["skew"] = "#/components/schemas/Skew"
    form = fault_forms({"components": {"schemas": schemas}})["skew"]
    assert form.about == "Shifts the clock."
    assert [item.label for item in form.own] == ["Offset (s)"]
    assert "match.path" in names(form.rare)


def test_a_document_without_faults_has_no_forms() -> None:
    assert fault_forms({}) == {}
