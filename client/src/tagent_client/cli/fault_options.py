"""A fault type's options, read off the contract's structs: what can be set is written down there alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import msgspec
from msgspec import inspect

from tagent_contract.faults import FAULT_KINDS, Fault, FaultBase
from tagent_contract.wire import WireError, convert

WITHOUT_OPTION = frozenset({"run_id"})
"""Set by experiments, not by people."""


class FaultOptionError(ValueError):
    """An option's value that the contract refuses; `flag` is empty when no single one is to blame."""

    def __init__(self, flag: str, problem: str) -> None:
        super().__init__(f"{flag}: {problem}" if flag else problem)
        self.flag = flag


@dataclass(frozen=True, slots=True)
class FaultOption:
    """One option. `kind` is the type of a value; `choices` are all it can be, when there are few."""

    path: tuple[str, ...]
    flag: str
    kind: type
    help: str
    choices: tuple[str, ...] = ()
    many: bool = False
    pairs: bool = False
    own: bool = False
    """True for what only this type has."""


@dataclass(frozen=True, slots=True)
class _Value:
    """What a field takes, with the wrappings of the annotation taken off."""

    kind: type
    description: str = ""
    bounds: str = ""
    choices: tuple[str, ...] = ()
    many: bool = False
    pairs: bool = False


def fault_options(name: str) -> list[FaultOption]:
    """Return the options of a fault type: its own first, then those that all have."""
    fields = msgspec.structs.fields(FAULT_KINDS[name])
    shared = set(FaultBase.__struct_fields__)
    options = [
        option
        for field in fields
        if field.name not in WITHOUT_OPTION
        for option in _options(field, (), own=field.name not in shared)
    ]
    return sorted(options, key=lambda option: not option.own)


def _options(
    field: msgspec.structs.FieldInfo, above: tuple[str, ...], *, own: bool
) -> Iterator[FaultOption]:
    path = (*above, field.name)
    found = inspect.type_info(field.type)
    if isinstance(found, inspect.StructType):
        for inner in msgspec.structs.fields(found.cls):
            yield from _options(inner, path, own=own)
        return
    value = _value(found)
    name = field.name.removesuffix("s") if value.many or value.pairs else field.name
    yield FaultOption(
        path=path,
        flag=f"--{name.replace('_', '-')}",
        kind=value.kind,
        help=" ".join(filter(None, [value.description, _limits(value, field.default)])),
        choices=value.choices,
        many=value.many,
        pairs=value.pairs,
        own=own,
    )


def _value(found: inspect.Type) -> _Value:
    match found:
        case inspect.Metadata(type=inner, extra_json_schema=extra):
            value = _value(inner)
            return replace(value, description=(extra or {}).get("description", value.description))
        case inspect.UnionType(types=types):
            return _union(types)
        case inspect.EnumType() | inspect.LiteralType():
            return _Value(str, choices=_choices(found))
        case inspect.IntType() | inspect.FloatType():
            kind = int if isinstance(found, inspect.IntType) else float
            return _Value(kind, bounds=_bounds(found))
        case inspect.DictType() | inspect.VarTupleType():
            pairs = isinstance(found, inspect.DictType)
            return _Value(str, pairs=pairs, many=not pairs)
        case _:
            return _Value(str)


def _choices(found: inspect.EnumType | inspect.LiteralType) -> tuple[str, ...]:
    if isinstance(found, inspect.LiteralType):
        return tuple(str(value) for value in found.values)
    return tuple(str(member.value) for member in found.cls)


def _union(types: tuple[inspect.Type, ...]) -> _Value:
    """Take the part that is neither None nor one fixed word: that one is given by leaving the option out."""
    parts = [part for part in types if not isinstance(part, inspect.NoneType)]
    free = [part for part in parts if not isinstance(part, inspect.LiteralType)]
    # What describes one name does not describe the field that holds it.
    return replace(_value((free or parts)[0]), description="")


def _bounds(found: inspect.IntType | inspect.FloatType) -> str:
    low = f"over {found.gt:g}" if found.gt is not None else ""
    if found.ge is not None:
        low = f"from {found.ge:g}"
    # What is bounded only so that it fits a wire's number has no bound worth telling.
    told = found.le is not None and found.le < 2**46
    high = f"to {_digits(found.le or 0)}" if told else ""
    return " ".join(filter(None, [low, high]))


def _digits(number: float) -> str:
    return str(int(number)) if float(number).is_integer() else str(number)


def _limits(value: _Value, default: Any) -> str:
    if isinstance(default, Enum):
        default = default.value
    notes = []
    if default not in (None, "", msgspec.NODEFAULT) and not value.many:
        notes.append(
            f"default {_digits(default)}"
            if isinstance(default, int | float)
            else f"default {default}"
        )
    if value.bounds:
        notes.append(value.bounds)
    return f"[{', '.join(notes)}]" if notes else ""


def build_fault(name: str, given: Mapping[FaultOption, Any]) -> Fault:
    """Return the fault with what was given. Raises FaultOptionError naming the option."""
    document: dict[str, Any] = {"type": name}
    for option, value in given.items():
        place = document
        for part in option.path[:-1]:
            place = place.setdefault(part, {})
        place[option.path[-1]] = _pairs(option, value) if option.pairs else value
    try:
        fault: Fault = convert(document, Fault)  # type: ignore[arg-type]
    except WireError as error:
        raise FaultOptionError(_flag_at(error.path, given), _in_words(error.problem)) from error
    return fault


def _in_words(problem: str) -> str:
    return problem.replace("Expected `float`", "must be a number").replace(
        "Expected `int`", "must be a whole number"
    )


def _pairs(option: FaultOption, values: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in values:
        name, colon, value = text.partition(":")
        if not colon:
            raise FaultOptionError(option.flag, f"{text!r} must look like NAME: VALUE")
        found[name.strip()] = value.strip()
    return found


def _flag_at(path: str, given: Mapping[FaultOption, Any]) -> str:
    """Return the flag whose value stands at a JSON path such as `$.match.method`."""
    for option in given:
        at = "$." + ".".join(option.path)
        if path == at or path.startswith((f"{at}.", f"{at}[")):
            return option.flag
    return ""
