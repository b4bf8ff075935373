"""A schema becomes fields, and what is typed into them becomes what the schema describes."""

from __future__ import annotations

from typing import Any

import pytest

from tagent_dashboard.views.schema_form import (
    FormField,
    Kind,
    assembled,
    field_at,
    fields_of,
    problem_of,
    shown_value,
    title_of,
    value_at,
    wire_value,
)

DOCUMENT: dict[str, Any] = {
    "components": {
        "schemas": {
            "Colour": {"enum": ["red", "green"], "description": "Which."},
            "Inner": {
                "type": "object",
                "description": "An inner one.",
                "properties": {
                    "method": {
                        "anyOf": [
                            {"type": "string", "pattern": "^[A-Z]+$", "examples": ["POST"]},
                            {"type": "null"},
                        ],
                        "default": None,
                    },
                    "headers": {
                        "type": "object",
                        "additionalProperties": {"type": "string"},
                        "default": {},
                    },
                },
            },
        }
    }
}


def field_of(name: str, schema: dict[str, Any]) -> FormField:
    (found,) = fields_of({"properties": {name: schema}}, DOCUMENT)
    return found


@pytest.mark.parametrize(
    ("name", "schema", "label"),
    [
        ("latency_ms", {"type": "number"}, "Latency (ms)"),
        ("ttl_s", {"type": "number"}, "TTL (s)"),
        ("rate_kb_s", {"type": "number"}, "Rate (kB/s)"),
        ("http_status", {"type": "integer"}, "HTTP status"),
        ("after_bytes", {"type": "integer"}, "After (bytes)"),
        ("bytes", {"type": "integer", "default": 1024}, "Size (bytes)"),
        ("bytes", {"type": "integer", "default": 256 * 2**20}, "Size (MiB)"),
        ("load_ratio", {"type": "number", "maximum": 1}, "Load (%)"),
        ("ratio", {"type": "number", "maximum": 1}, "Share (%)"),
        ("max_count", {"type": "integer"}, "Max count"),
    ],
)
def test_a_label_names_its_unit(name: str, schema: dict[str, Any], label: str) -> None:
    assert field_of(name, schema).label == label


def test_a_title_is_spelt_as_people_do() -> None:
    assert (title_of("rate_limit"), title_of("cpu")) == ("Rate limit", "CPU")


def test_a_share_is_asked_for_in_percent_and_sent_as_a_share() -> None:
    share = field_of("ratio", {"type": "number", "minimum": 0, "maximum": 1, "default": 0.01})
    assert (share.default, share.minimum, share.maximum) == (1.0, 0.0, 100.0)
    assert wire_value(share, 7.0) == 0.07
    assert shown_value(share, 0.07) == 7.0


def test_a_large_size_is_asked_for_in_mib_and_sent_in_bytes() -> None:
    size = field_of(
        "bytes", {"type": "integer", "minimum": 1, "maximum": 2**46, "default": 256 * 2**20}
    )
    assert (size.default, size.minimum, size.maximum) == (256, 1, 2**26)
    assert wire_value(size, 3) == 3 * 2**20


def test_a_bound_that_a_browser_cannot_count_to_is_none() -> None:
    assert field_of("seed", {"type": "integer", "maximum": 2**53}).maximum is None


@pytest.mark.parametrize(
    ("schema", "step"),
    [
        ({"type": "number", "default": 2500.0}, 100),
        ({"type": "number", "default": 120.0}, 10),
        ({"type": "number", "default": 1.0}, 0.1),
        ({"type": "number", "default": 0.0}, 100),
        ({"type": "integer", "default": 500}, 1),
        ({"type": "number", "default": 0.5, "maximum": 1}, 1),
    ],
)
def test_a_step_suits_the_size_of_the_default(schema: dict[str, Any], step: float) -> None:
    assert field_of("x_ms", schema).step == step


def test_a_reference_is_followed_and_what_stands_beside_it_wins() -> None:
    colour = field_of(
        "colour",
        {"$ref": "#/components/schemas/Colour", "description": "Mine.", "default": "green"},
    )
    assert (colour.kind, colour.choices, colour.default) == (
        Kind.CHOICE,
        ("red", "green"),
        "green",
    )
    assert colour.help == "Mine."


def test_an_object_within_gives_its_fields() -> None:
    found = fields_of(
        {"properties": {"match": {"$ref": "#/components/schemas/Inner", "default": {}}}}, DOCUMENT
    )
    assert [(item.name, item.kind, item.is_optional) for item in found] == [
        ("match.method", Kind.TEXT, True),
        ("match.headers", Kind.PAIRS, False),
    ]
    assert found[0].example == "POST"


def optional_inner() -> list[FormField]:
    inner = {"$ref": "#/components/schemas/Inner"}
    return fields_of(
        {"properties": {"verify": {"anyOf": [inner, {"type": "null"}], "default": None}}}, DOCUMENT
    )


def test_an_object_that_may_be_missing_begins_with_a_switch() -> None:
    switch, *rest = optional_inner()
    assert (switch.name, switch.kind, switch.default) == ("verify", Kind.SWITCH, False)
    assert [item.name for item in rest] == ["verify.method", "verify.headers"]


def test_what_is_switched_off_is_null_and_what_is_on_is_sent() -> None:
    switch, method, headers = optional_inner()
    assert assembled({switch: False, method: "GET", headers: ""}) == {"verify": None}
    assert assembled({switch: True, method: "GET", headers: "a: b\n\nc:d"}) == {
        "verify": {"method": "GET", "headers": {"a": "b", "c": "d"}}
    }


def test_what_has_no_better_form_is_json() -> None:
    odd = field_of("steps", {"type": "array", "items": {"type": "object"}, "default": [1]})
    assert (odd.kind, odd.default) == (Kind.JSON, "[1]")
    assert wire_value(odd, '[{"a": 2}]') == [{"a": 2}]
    assert "no JSON" in problem_of(odd, "{")
    assert problem_of(odd, "") == ""


def test_what_is_not_given_is_left_out() -> None:
    count = field_of("max_count", {"anyOf": [{"type": "integer"}, {"type": "null"}]})
    body = field_of("body", {"anyOf": [{"type": "string"}, {"type": "null"}]})
    assert assembled({count: None, body: ""}) == {}
    assert assembled({count: 3, body: "x"}) == {"max_count": 3, "body": "x"}


@pytest.mark.parametrize(
    ("schema", "typed", "problem"),
    [
        ({"type": "number", "exclusiveMinimum": 0}, 0.0, "This must be over 0."),
        ({"type": "number", "minimum": 400}, 3.0, "This must be at least 400."),
        ({"type": "number", "maximum": 600}, 601.0, "This must be at most 600."),
        ({"type": "number"}, None, "This cannot be empty."),
        ({"type": "string", "maxLength": 2}, "abc", "This must be at most 2 characters."),
        (
            {"type": "string", "pattern": "^[A-Z]+$", "examples": ["POST"]},
            "post",
            "This must look like ^[A-Z]+$ such as POST.",
        ),
        (
            {"type": "object", "additionalProperties": {"type": "string"}},
            "no colon",
            "Each line must look like NAME: VALUE, not 'no colon'.",
        ),
        ({"enum": ["a", "b"]}, "c", "Choose one of a, b."),
        ({"type": "number", "minimum": 0, "maximum": 9}, 4.0, ""),
        ({"type": "string", "pattern": "^[A-Z]+$"}, "POST", ""),
    ],
)
def test_what_is_wrong_is_said_before_it_is_sent(
    schema: dict[str, Any], typed: Any, problem: str
) -> None:
    assert problem_of(field_of("x", schema), typed) == problem


@pytest.mark.parametrize(
    ("kind", "wire", "shown"),
    [
        ({"type": "string"}, None, ""),
        ({"type": "number"}, 2, 2.0),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"a": "b"}, "a: b"),
        ({"enum": ["a"]}, "a", "a"),
    ],
)
def test_a_wire_value_is_shown_as_it_would_be_typed(
    kind: dict[str, Any], wire: Any, shown: Any
) -> None:
    assert shown_value(field_of("x", kind), wire) == shown


def test_a_problems_path_finds_its_field() -> None:
    inner = {"$ref": "#/components/schemas/Inner"}
    fields = dict.fromkeys(fields_of({"properties": {"match": inner}}, DOCUMENT))
    method, headers = fields
    assert field_at("$.match.method", fields) is method
    assert field_at("$.match.headers[...]", fields) is headers
    assert field_at("$.matchless", fields) is None
    assert field_at(None, fields) is None


def test_a_value_is_found_at_its_path() -> None:
    assert value_at({"a": {"b": 1}}, ("a", "b")) == 1
    assert value_at({"a": None}, ("a", "b")) is None
