from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tagent_contract.faults import FAULT_KINDS
from tagent_platform.api.openapi import TYPES
from tests.fakes.api import Api


@pytest.fixture
async def document(api: Api) -> dict[str, Any]:
    document: dict[str, Any] = (await api.get("/openapi.json", as_role=None)).json()
    return document


def references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*map(references, part.values()))
    if isinstance(part, list):
        return set().union(*map(references, part))
    return set()


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    schemas = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    assert references(document) <= schemas
    assert "x-tagent" not in str(document)


def test_every_route_has_words_a_tag_and_its_own_id(document: dict[str, Any]) -> None:
    found = operations(document)
    for name, operation in found:
        assert operation["summary"], name
        assert operation["description"], name
        assert len(operation["tags"]) == 1, name
    ids = [operation["operationId"] for _, operation in found]
    assert len(ids) == len(set(ids))
    assert {tag for _, operation in found for tag in operation["tags"]} <= {
        tag["name"] for tag in document["tags"]
    }


def test_every_guarded_route_names_the_bearer_scheme(document: dict[str, Any]) -> None:
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for name, operation in operations(document):
        is_open = name.endswith((" /healthz", " /readyz", " /metrics"))
        assert is_open or operation["security"] == [{"token": []}], name


def test_every_body_and_every_good_answer_has_an_example_and_a_schema(
    document: dict[str, Any],
) -> None:
    for name, operation in operations(document):
        for content in operation.get("requestBody", {}).get("content", {}).values():
            assert content.get("example") or content.get("examples"), name
            assert content["schema"], name
        good = [answer for status, answer in operation["responses"].items() if status < "300"]
        assert good, name
        for answer in good:
            for media_type, content in answer.get("content", {}).items():
                assert content["schema"], name
                assert media_type == "text/plain" or content.get("example"), name


def test_every_error_is_documented_as_a_problem(document: dict[str, Any]) -> None:
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], name


def test_the_contracts_types_are_the_schemas(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert set(TYPES) <= set(schemas)
    assert len(schemas["Fault"]["anyOf"]) == len(FAULT_KINDS)


def test_the_examples_are_what_the_schemas_say(document: dict[str, Any]) -> None:
    checked = 0
    for name, operation in operations(document):
        for status, answer in operation["responses"].items():
            content = answer.get("content", {}).get("application/json", {})
            reference = content.get("schema", {}).get("$ref", "")
            kind = TYPES.get(reference.rpartition("/")[2])
            if kind is not None and status < "300":
                assert msgspec.convert(content["example"], kind) is not None, name
                checked += 1
    assert checked > 10
