"""From the bindings' code to a schema that Terraform understands, as plain JSON.

A block is `{"attributes": {name: {"type", "required" | "optional" | "computed", ...}}, "blocks": {name: {"nesting", "min", "max", "block"}}}`,
types as Terraform writes them (`"string"`, `["list", "string"]`, `["list", ["object", {...}]]`).

What the bindings do not say is guessed: a settable attribute counts as computed too only where the provider is known to fill it in.
"""

from __future__ import annotations

import re
from typing import Any

from tests.fakes.terraform_provider.cdktf_sources import Sources

FILLED_IN_WHEN_LEFT_OUT = frozenset({"id", "project", "region", "location", "etag"})
WRITE_ONLY = re.compile(r"_wo$")

SIMPLE = {"string": "string", "number": "number", "boolean": "bool"}
COLLECTED = {"stringList": "string", "numberList": "number", "booleanList": "bool"}
COLLECTED |= {"stringMap": "string", "numberMap": "number", "booleanMap": "bool"}
READ = {
    "getStringAttribute": "string",
    "getNumberAttribute": "number",
    "getBooleanAttribute": "bool",
    "getListAttribute": ["list", "string"],
    "getNumberListAttribute": ["list", "number"],
    "getStringMapAttribute": ["map", "string"],
}

_CLASS = re.compile(r"^class (\w+) extends [\w.]+ \{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_STRUCT = re.compile(
    r"^function (\w+)ToHclTerraform\(struct\) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL
)
_ENTRY = re.compile(
    r"^ +(\w+): \{\n +value: (.+),\n +isBlock: (\w+),\n +type: \"(\w+)\",\n +storageClassType: \"(\w+)\",\n",
    re.MULTILINE,
)
_COMPUTED = re.compile(
    r"^ +// (\w+) - computed: true, optional: false, required: false\n +(?:"
    r"get \w+\(\) \{\n +return this\.(?P<read>\w+)\(|this\._\w+ = new (?P<made>[\w.]+)\(this, \"\w+\"(?:, (?P<is_set>\w+))?)",
    re.MULTILINE,
)
_DECLARED = re.compile(r"^export interface (\w+)[^{]*\{\n(.*?)^\}", re.MULTILINE | re.DOTALL)
_DOCUMENTED = re.compile(r"/\*\*\n(.*?)\*/\n +readonly (\w+)", re.DOTALL)
_DEMANDED = re.compile(r"^ +readonly (\w+):", re.MULTILINE)
_POSSIBLE = re.compile(r"Possible values: \[([^\]]*)\]")


def read_schema(sources: Sources) -> dict[str, Any]:
    """Return the block of one resource, data source or provider."""
    return _Reader(sources).whole()


class _Reader:
    def __init__(self, sources: Sources) -> None:
        self.classes = dict(_CLASS.findall(sources.code))
        self.structs = {_capital(name): body for name, body in _STRUCT.findall(sources.code)}
        self.declared = dict(_DECLARED.findall(sources.declarations))

    def whole(self) -> dict[str, Any]:
        name = next(
            name for name, body in self.classes.items() if "synthesizeHclAttributes()" in body
        )
        body = self.classes[name]
        entries = body[body.index("synthesizeHclAttributes()") :]
        return self._block(entries, body, f"{name}Config")

    def _block(self, entries: str, body: str, declared_as: str) -> dict[str, Any]:
        declared = self.declared.get(declared_as, "")
        possible = _possible_values(declared)
        attributes: dict[str, Any] = {}
        blocks: dict[str, Any] = {}
        for name, value, is_block, kind, stored in _ENTRY.findall(entries):
            is_required = _lower_camel(name) in _DEMANDED.findall(declared)
            if is_block == "true":
                blocks[name] = self._nested(value, kind, is_required)
            else:
                attributes[name] = _settable(name, _type(kind, stored), is_required)
                if name in possible:
                    attributes[name]["values"] = possible[name]
        for name, type_ in self._computed(body).items():
            attributes.setdefault(name, {"type": type_, "computed": True})
        return {"attributes": attributes, "blocks": blocks}

    def _nested(self, value: str, kind: str, is_required: bool) -> dict[str, Any]:
        struct = re.search(r"(\w+)ToHclTerraform", value)
        assert struct is not None, value
        name = _capital(struct[1])
        is_one = "listMapperHcl" not in value
        return {
            "nesting": "single" if kind == "struct" else kind,
            "min": int(is_required and kind != "struct"),
            "max": int(is_one and kind != "struct"),
            "block": self._block(
                self.structs[name], self.classes.get(f"{name}OutputReference", ""), name
            ),
        }

    def _computed(self, body: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for match in _COMPUTED.finditer(body):
            if match["read"]:
                found[match[1]] = READ[match["read"]]
            elif match["made"].startswith("cdktf."):
                found[match[1]] = [
                    "map",
                    {"StringMap": "string", "BooleanMap": "bool", "NumberMap": "number"}.get(
                        match["made"][6:], "string"
                    ),
                ]
            else:
                item = match["made"].removesuffix("List").removesuffix("OutputReference")
                fields = self._computed(self.classes[f"{item}OutputReference"])
                found[match[1]] = [
                    "set" if match["is_set"] == "true" else "list",
                    ["object", fields],
                ]
        return found


def _possible_values(declared: str) -> dict[str, list[str]]:
    found = {}
    for text, name in _DOCUMENTED.findall(declared):
        possible = _POSSIBLE.search(text)
        if possible and '"' in possible[1]:
            found[_snake(name)] = re.findall(r'"([^"]*)"', possible[1])
    return found


def _settable(name: str, type_: Any, is_required: bool) -> dict[str, Any]:
    attribute: dict[str, Any] = {"type": type_}
    if is_required:
        attribute["required"] = True
    else:
        attribute["optional"] = True
        if name in FILLED_IN_WHEN_LEFT_OUT:
            attribute["computed"] = True
    if WRITE_ONLY.search(name):
        attribute["write_only"] = True
    return attribute


def _type(kind: str, stored: str) -> Any:
    if kind == "simple":
        return SIMPLE[stored]
    return [kind, COLLECTED[stored]]


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _lower_camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(_capital, rest))


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", lambda match: "_" + match[1].lower(), name)
