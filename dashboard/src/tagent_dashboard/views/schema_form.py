"""A JSON schema as the fields of a form, and what was typed into them as the value it describes.

What can be set, its bounds and defaults are written down in the platform's contract alone; a type that a newer platform brings has its form here already.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import ceil, floor, log10
from typing import Any

Schema = Mapping[str, Any]

NUMBER_MAX = 2**53 - 1
"""A bound beyond it only says what fits a wire's number, and a browser cannot count that far."""
MIB = 2**20

_UNITS = {
    "kb_s": "kB/s",
    "ms": "ms",
    "s": "s",
    "bytes": "bytes",
}
_SPELLINGS = {"http": "HTTP", "ttl": "TTL", "cpu": "CPU", "id": "ID"}


class Kind(StrEnum):
    """What a field takes. SWITCH says whether what lies under its path is there at all; JSON is for what has no better form."""

    NUMBER = "number"
    INTEGER = "integer"
    TEXT = "text"
    CHOICE = "choice"
    PAIRS = "pairs"
    SWITCH = "switch"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One field. Numbers are as people see them; times `scale` they are as the wire has them."""

    path: tuple[str, ...]
    label: str
    kind: Kind
    help: str = ""
    default: Any = None
    minimum: float | None = None
    maximum: float | None = None
    is_over_minimum: bool = False
    """The minimum itself is too small."""
    step: float = 1.0
    scale: float = 1.0
    choices: tuple[str, ...] = ()
    is_optional: bool = False
    max_length: int | None = None
    pattern: str = ""
    example: str = ""

    @property
    def name(self) -> str:
        """Return the path as one word, `match.method`."""
        return ".".join(self.path)


def fields_of(schema: Schema, document: Schema, above: tuple[str, ...] = ()) -> list[FormField]:
    """Return the fields of an object's schema, those of objects within it in their place."""
    found: list[FormField] = []
    for name, inner in schema.get("properties", {}).items():
        found += _fields(resolved(inner, document), document, (*above, name))
    return found


def resolved(schema: Schema, document: Schema) -> Schema:
    """Return a schema with its reference followed; what stands beside the reference wins."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    target: Any = document
    for part in str(reference).removeprefix("#/").split("/"):
        target = target.get(part, {})
    return {**resolved(target, document), **{k: v for k, v in schema.items() if k != "$ref"}}


def _fields(schema: Schema, document: Schema, path: tuple[str, ...]) -> list[FormField]:
    about = schema.get("description", "")
    inner, is_optional = _without_null(schema, document)
    if "properties" in inner:
        fields = fields_of(_with_defaults(inner, schema.get("default")), document, path)
        if is_optional:
            fields.insert(0, _switch(path, about or inner.get("description", ""), schema))
        return fields
    return [_field({**inner, **_own(schema)}, path, is_optional)]


def _own(schema: Schema) -> Schema:
    """Return what a schema says beside its alternatives."""
    return {key: value for key, value in schema.items() if key != "anyOf"}


def _without_null(schema: Schema, document: Schema) -> tuple[Schema, bool]:
    """Return the one alternative that is no null, and whether null is another."""
    parts = [resolved(part, document) for part in schema.get("anyOf", ())]
    if not parts:
        return schema, False
    others = [part for part in parts if part.get("type") != "null"]
    is_optional = len(others) < len(parts)
    return (others[0] if len(others) == 1 else {}), is_optional


def _with_defaults(schema: Schema, default: Any) -> Schema:
    """Return an object's schema with the defaults that stand where it is used."""
    if not isinstance(default, Mapping):
        return schema
    properties = {
        name: {**inner, "default": default[name]} if name in default else inner
        for name, inner in schema["properties"].items()
    }
    return {**schema, "properties": properties}


def _switch(path: tuple[str, ...], about: str, schema: Schema) -> FormField:
    return FormField(
        path=path,
        label=_spelt(path[-1]),
        kind=Kind.SWITCH,
        help=about,
        default=schema.get("default") is not None,
    )


def _field(schema: Schema, path: tuple[str, ...], is_optional: bool) -> FormField:
    kind = _kind(schema)
    unit, scale = _unit(path[-1], schema, kind)
    is_number = kind in (Kind.NUMBER, Kind.INTEGER)
    shown = _shown(schema.get("default"), kind, scale)
    minimum, over = _minimum(schema)
    return FormField(
        path=path,
        label=_label(path[-1], unit),
        kind=kind,
        help=schema.get("description", ""),
        default=shown,
        minimum=_bound(minimum, scale, kind),
        maximum=_bound(schema.get("maximum"), scale, kind),
        is_over_minimum=over,
        step=_step(shown, kind, scale, unit) if is_number else 1.0,
        scale=scale,
        choices=tuple(str(choice) for choice in schema.get("enum", ())),
        is_optional=is_optional,
        max_length=schema.get("maxLength"),
        pattern=schema.get("pattern", ""),
        example=str(next(iter(schema.get("examples", ())), "")),
    )


def _kind(schema: Schema) -> Kind:
    if "enum" in schema:
        return Kind.CHOICE
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        is_text = isinstance(values, Mapping) and values.get("type") == "string"
        return Kind.PAIRS if is_text else Kind.JSON
    kinds = {"number": Kind.NUMBER, "integer": Kind.INTEGER, "string": Kind.TEXT}
    return kinds.get(str(schema.get("type")), Kind.JSON)


def _unit(name: str, schema: Schema, kind: Kind) -> tuple[str, float]:
    """Return the unit to show, and what one of it is on the wire."""
    if kind is Kind.NUMBER and schema.get("maximum") == 1:
        return "%", 0.01
    unit = next((shown for end, shown in _UNITS.items() if f"_{name}".endswith(f"_{end}")), "")
    default = schema.get("default")
    is_big = isinstance(default, int) and default >= MIB and default % MIB == 0
    return ("MiB", float(MIB)) if unit == "bytes" and is_big else (unit, 1.0)


def _label(name: str, unit: str) -> str:
    for end in (*_UNITS, *(("ratio",) if unit == "%" else ())):
        name = name.removesuffix(f"_{end}")
    plain = {"bytes": "Size", "ratio": "Share"}.get(name) or _spelt(name)
    return f"{plain} ({unit})" if unit else plain


def _spelt(name: str) -> str:
    words = " ".join(_SPELLINGS.get(word, word) for word in name.split("_"))
    return words[:1].upper() + words[1:]


title_of = _spelt
"""A name such as `rate_limit` as a title, `Rate limit`."""


def _minimum(schema: Schema) -> tuple[float | None, bool]:
    over = schema.get("exclusiveMinimum")
    return (schema.get("minimum"), False) if over is None else (over, True)


def _bound(value: float | None, scale: float, kind: Kind) -> float | None:
    if value is None or abs(value) > NUMBER_MAX:
        return None
    return ceil(value / scale) if kind is Kind.INTEGER else round(value / scale, 9)


def _step(shown: float | None, kind: Kind, scale: float, unit: str) -> float:
    """Return what one press of plus adds: a tenth of the default's size, and a whole one of what is counted."""
    if unit == "%" or (kind is Kind.INTEGER and scale == 1):
        return 1.0
    if not shown:
        return 100.0 if unit == "ms" else 1.0
    tenth = 10.0 ** (floor(log10(abs(shown))) - 1)
    return max(1.0, tenth) if kind is Kind.INTEGER else tenth


def wire_value(field: FormField, shown: Any) -> Any:
    """Return what a field's value is on the wire; None for nothing. What was typed has no problem."""
    if shown is None or (shown == "" and field.is_optional):
        return None
    match field.kind:
        case Kind.NUMBER:
            return round(shown * field.scale, 12)
        case Kind.INTEGER:
            return round(shown * field.scale)
        case Kind.PAIRS:
            return dict(_pairs(shown)) or None
        case Kind.JSON:
            return json.loads(shown) if shown.strip() else None
        case _:
            return shown


def shown_value(field: FormField, wire: Any) -> Any:
    """Return what stands in a field for a value of the wire."""
    return _shown(wire, field.kind, field.scale)


def _shown(wire: Any, kind: Kind, scale: float) -> Any:
    match kind:
        case Kind.NUMBER:
            return None if wire is None else round(wire / scale, 9)
        case Kind.INTEGER:
            return None if wire is None else round(wire / scale)
        case Kind.PAIRS:
            return "\n".join(f"{name}: {value}" for name, value in (wire or {}).items())
        case Kind.JSON:
            return "" if wire is None else json.dumps(wire)
        case Kind.TEXT:
            return wire or ""
        case Kind.SWITCH:
            return wire is not None
        case Kind.CHOICE:
            return wire


def problem_of(field: FormField, shown: Any) -> str:
    """Return what is wrong with what was typed, as a sentence; empty when nothing is."""
    if field.kind is Kind.SWITCH:
        return ""
    if shown is None or (isinstance(shown, str) and not shown.strip()):
        return "" if field.is_optional or field.kind in _MAY_BE_EMPTY else "This cannot be empty."
    match field.kind:
        case Kind.NUMBER | Kind.INTEGER:
            return _number_problem(field, shown)
        case Kind.TEXT:
            return _text_problem(field, shown)
        case Kind.PAIRS:
            wrong = [line for line in shown.splitlines() if line.strip() and ":" not in line]
            return f"Each line must look like NAME: VALUE, not {wrong[0]!r}." if wrong else ""
        case Kind.JSON:
            return _json_problem(shown)
        case Kind.CHOICE:
            return "" if shown in field.choices else f"Choose one of {', '.join(field.choices)}."


_MAY_BE_EMPTY = frozenset({Kind.PAIRS, Kind.JSON})


def _number_problem(field: FormField, shown: float) -> str:
    low, high = field.minimum, field.maximum
    if low is not None and (shown < low or (field.is_over_minimum and shown == low)):
        return f"This must be {'over' if field.is_over_minimum else 'at least'} {low:g}."
    return f"This must be at most {high:g}." if high is not None and shown > high else ""


def _text_problem(field: FormField, shown: str) -> str:
    if field.max_length is not None and len(shown) > field.max_length:
        return f"This must be at most {field.max_length} characters."
    if field.pattern and re.search(field.pattern, shown) is None:
        example = f" such as {field.example}" if field.example else ""
        return f"This must look like {field.pattern}{example}."
    return ""


def _json_problem(shown: str) -> str:
    try:
        json.loads(shown)
    except ValueError as error:
        return f"This is no JSON: {error}."
    return ""


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip():
            yield name.strip(), value.strip()


def assembled(values: Mapping[FormField, Any]) -> dict[str, Any]:
    """Return the object that the fields' values make; what is not given is left out, what is switched off is null."""
    made: dict[str, Any] = {}
    off = [field.path for field, shown in values.items() if _is_off(field, shown)]
    for field, shown in values.items():
        if any(field.path[: len(path)] == path for path in off if field.path != path):
            continue
        if _is_off(field, shown):
            _put(made, field.path, None)
        elif field.kind is not Kind.SWITCH and (value := wire_value(field, shown)) is not None:
            _put(made, field.path, value)
    return made


def _is_off(field: FormField, shown: Any) -> bool:
    return field.kind is Kind.SWITCH and not shown


def _put(made: dict[str, Any], path: tuple[str, ...], value: Any) -> None:
    place = made
    for part in path[:-1]:
        place = place.setdefault(part, {})
    place[path[-1]] = value


def value_at(made: Any, path: tuple[str, ...]) -> Any:
    """Return what lies at a path of an object; None where it ends."""
    for part in path:
        made = made.get(part) if isinstance(made, Mapping) else None
    return made


def field_at(wire_path: str | None, fields: Mapping[FormField, Any]) -> FormField | None:
    """Return the field that a problem's path such as `$.match.headers[...]` lies in."""
    for field in fields:
        at = f"$.{field.name}"
        if wire_path is not None and (
            wire_path == at or wire_path.startswith((f"{at}.", f"{at}["))
        ):
            return field
    return None
