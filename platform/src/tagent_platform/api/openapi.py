"""The OpenAPI document: FastAPI's, with the contract's types as its schemas, examples, and every error it can answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
from fastapi import Body, FastAPI
from fastapi.openapi.utils import get_openapi

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
from tagent_contract.faults import Fault, FaultView
from tagent_contract.incidents import IncidentView, Note
from tagent_contract.names import ServiceName
from tagent_contract.plan import Plan, PlanRevision
from tagent_contract.policy import ServicePolicy
from tagent_contract.problems import PROBLEM_TYPE_PREFIX, Problem, ProblemType
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
from tagent_platform.api.errors import CONTENT_TYPE
from tagent_platform.api.wire import SCHEMA_MARK

TYPES: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        Batch,
        Catalog,
        ClaimRequest,
        Event,
        ExperimentView,
        FaultView,
        Halt,
        HaltRequest,
        HealingPass,
        HealingPassRequest,
        IncidentView,
        LogEntry,
        Maintenance,
        MaintenanceRequest,
        Note,
        Plan,
        PlanRevision,
        Problem,
        ReasonRequest,
        Role,
        RunHeartbeat,
        RunRequest,
        RunResult,
        RunView,
        ScoreView,
        SeriesView,
        ServicePolicy,
        ServiceView,
        TokenRequest,
        TokenView,
    )
} | {"Fault": Fault}
"""Name in the document → contract type. What these hold follows by itself."""

EXAMPLE_MARK = "x-tagent-example"
"""An example as text on its way through FastAPI, which would leave out its nulls."""

_REF = "#/components/schemas/{name}"

_ABOUT_PROBLEM = {
    401: "No bearer token, or none that is known.",
    403: "The token's role is too small; the answer says which is needed.",
    404: "Nothing has this name; `near` lists names like it.",
    409: "Refused: `reason` says why, `until` until when if that is known.",
    413: "The body is over its limit.",
    422: "A field is wrong; `field` is its path.",
    429: "Too many requests with this token; `Retry-After` says when to come back.",
    503: "The store cannot be used now; `Retry-After` says when to come back.",
}
_PROBLEM_KIND = {
    401: ProblemType.UNAUTHENTICATED,
    403: ProblemType.FORBIDDEN,
    404: ProblemType.NOT_FOUND,
    409: ProblemType.REFUSED,
    413: ProblemType.TOO_LARGE,
    422: ProblemType.INVALID,
    429: ProblemType.RATE_LIMITED,
    503: ProblemType.UNAVAILABLE,
}
_ALWAYS = (401, 403, 413, 422, 429, 503)

TAGS = [
    {"name": "services", "description": "What is watched, and how well it is."},
    {"name": "faults", "description": "Break on purpose: inject, list, clear, halt."},
    {"name": "healing", "description": "Recover, restart, and what healing would do."},
    {"name": "incidents", "description": "From first bad health to verified recovery."},
    {"name": "experiments", "description": "Prove it: runs, their results, and the score."},
    {"name": "events", "description": "The append-only account of everything that changed."},
    {"name": "sidecars", "description": "What the sidecars speak: reports and plans."},
    {"name": "access", "description": "Tokens and roles."},
    {"name": "platform", "description": "The platform's own health and figures."},
]


def schema_of(name: str) -> dict[str, Any]:
    """Return the schema of a type by its name; `FaultView[]` is a page of them."""
    if name.endswith("[]"):
        return {
            "type": "object",
            "required": ["items", "next"],
            "properties": {
                "items": {"type": "array", "items": schema_of(name[:-2])},
                "next": {
                    "type": ["string", "null"],
                    "description": "Pass it as `cursor` for what follows, or as the operation says; null: there is no more.",
                },
            },
        }
    return {"$ref": _REF.format(name=name)}


def answers(
    status: int, name: str, about: str, example: object = None, problems: Iterable[int] = ()
) -> dict[int | str, dict[str, Any]]:
    """Return a route's `responses`: the good one of this contract type, and `problems` beside those that every route has."""
    content: dict[str, Any] = {"schema": schema_of(name)}
    if example is not None:
        content["example"] = {EXAMPLE_MARK: wire.encode(example).decode()}
    responses: dict[int | str, dict[str, Any]] = {
        status: {"description": about, "content": {"application/json": content}}
    }
    return responses | problem_answers((*_ALWAYS, *problems))


def nothing(problems: Iterable[int]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of a route that answers 204."""
    return {204: {"description": "It is done."}} | problem_answers((*_ALWAYS, *problems))


def problem_answers(statuses: Iterable[int]) -> dict[int | str, dict[str, Any]]:
    """Return the `responses` of these problems."""
    return {status: _problem_answer(status) for status in sorted(set(statuses))}


def _problem_answer(status: int) -> dict[str, Any]:
    example = {"type": PROBLEM_TYPE_PREFIX + _PROBLEM_KIND[status], "status": status}
    return {
        "description": _ABOUT_PROBLEM[status],
        "content": {CONTENT_TYPE: {"schema": schema_of("Problem"), "example": example}},
    }


def body_example(example: object) -> Any:
    """Return FastAPI's `Body()` with an example of what belongs into it."""
    return Body(openapi_examples={"example": {"value": msgspec.to_builtins(example)}})


def body_of(name: str, example: object, about: str = "") -> dict[str, Any]:
    """Return the `requestBody` of a route that FastAPI does not parse."""
    content = {"schema": schema_of(name), "example": msgspec.to_builtins(example)}
    return {"required": True, "description": about, "content": {"application/json": content}}


def document(app: FastAPI, plain: dict[str, Any]) -> dict[str, Any]:
    """Return the whole document, made once; `plain` are the paths of routes that FastAPI does not know of."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            tags=TAGS,
        )
        components = made.setdefault("components", {}).setdefault("schemas", {})
        for unused in ("HTTPValidationError", "ValidationError"):
            components.pop(unused, None)
        components.update(_contract_schemas())
        made["paths"].update(plain)
        app.openapi_schema = _resolve(made)
    return app.openapi_schema


def _contract_schemas() -> dict[str, Any]:
    schemas, components = msgspec.json.schema_components(TYPES.values(), ref_template=_REF)
    for name, schema in zip(TYPES, schemas, strict=True):
        components.setdefault(name, schema)
    service = msgspec.json.schema(ServiceName)
    components["NamedFault"] = {
        "description": "A fault and the service it is for.",
        "allOf": [
            schema_of("Fault"),
            {"type": "object", "required": ["service"], "properties": {"service": service}},
        ],
    }
    return components


def _resolve(part: Any) -> Any:
    """Put schemas and examples where marks stand."""
    if isinstance(part, dict):
        if SCHEMA_MARK in part:
            return schema_of(part[SCHEMA_MARK])
        if EXAMPLE_MARK in part:
            return wire.decode(part[EXAMPLE_MARK], object)
        return {key: _resolve(value) for key, value in part.items()}
    if isinstance(part, list):
        return [_resolve(value) for value in part]
    return part
