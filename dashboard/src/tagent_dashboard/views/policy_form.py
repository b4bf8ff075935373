"""A service's policy as groups of fields, from the platform's own document of its API."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tagent_dashboard.views.schema_form import (
    FormField,
    Kind,
    fields_of,
    resolved,
    shown_value,
    title_of,
    value_at,
)


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together, such as all of `health`."""

    title: str
    about: str
    fields: tuple[FormField, ...]


@dataclass(frozen=True, slots=True)
class Setting:
    """One number of a policy, to read."""

    label: str
    value: str
    is_default: bool


def policy_groups(document: Mapping[str, Any]) -> tuple[Group, ...]:
    """Return the policy's groups. Empty when the document holds no policy."""
    reference = {"$ref": "#/components/schemas/ServicePolicy"}
    properties = resolved(reference, document).get("properties", {})
    found = []
    for name, schema in properties.items():
        about = resolved(schema, document).get("description", "")
        fields = fields_of({"properties": {name: schema}}, document)
        found.append(Group(title_of(name), about, tuple(fields)))
    return tuple(found)


def current_values(fields: Iterable[FormField], policy: Mapping[str, Any]) -> dict[FormField, Any]:
    """Return what stands in the fields for a policy; the default where it says nothing."""
    return {field: _current(field, policy) for field in fields}


def _current(field: FormField, policy: Mapping[str, Any]) -> Any:
    known = value_at(policy, field.path)
    if known is None and field.kind is not Kind.SWITCH:
        return field.default
    return shown_value(field, known)


def settings(group: Group, policy: Mapping[str, Any]) -> tuple[Setting, ...]:
    """Return a group's settings to read; what is switched off is left out with all that lies under it."""
    values = current_values(group.fields, policy)
    off = [field.path for field, shown in values.items() if field.kind is Kind.SWITCH and not shown]
    return tuple(
        Setting(field.label, said(shown), shown == field.default)
        for field, shown in values.items()
        if not any(field.path[: len(path)] == path for path in off if field.path != path)
    )


def changes(before: Mapping[FormField, Any], after: Mapping[FormField, Any]) -> tuple[str, ...]:
    """Return what would be changed, `Latency limit (ms): 1000, now 1500`."""
    return tuple(
        f"{field.label}: {said(shown)} instead of {said(before.get(field))}"
        for field, shown in after.items()
        if shown != before.get(field)
    )


def said(shown: Any) -> str:
    """Return a field's value as text."""
    if isinstance(shown, bool):
        return "on" if shown else "off"
    if isinstance(shown, int | float):
        return f"{shown:.10g}"
    return str(shown) if shown not in (None, "") else "not set"
