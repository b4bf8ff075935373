"""A google provider that knows its schema and nothing else: `python -I plugin.py SCHEMA.json SOCKET`.

It says `ready` and serves whatever Terraform is told of it by `TF_REATTACH_PROVIDERS`, until its standard input ends: with whoever started it.
Runs in the environment that `workshop.py` makes, so it imports nothing of ours.
"""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
from tf.gen import tfplugin_pb2 as pb
from tf.gen import tfplugin_pb2_grpc as rpc
from tf.types import Unknown
from tf.utils import read_dynamic_value
from typing_extensions import override

NESTING = {
    name: getattr(pb.Schema.NestedBlock.NestingMode, name.upper())
    for name in ("single", "list", "set")
}
WRITE_ONLY_ON_THE_WIRE = b"\x58\x01"
"""Field 11 of an attribute, true: younger than the messages that we have."""


class Servicer(rpc.ProviderServicer):
    """Answers what `validate` and `test` with `mock_provider` ask: the schema, and whether a configuration fits it."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self.schema = schema

    @override
    def GetMetadata(self, request: Any, context: Any) -> Any:
        return pb.GetMetadata.Response(server_capabilities=pb.ServerCapabilities(plan_destroy=True))

    @override
    def GetProviderSchema(self, request: Any, context: Any) -> Any:
        return pb.GetProviderSchema.Response(
            provider=_schema(self.schema["provider"]),
            resource_schemas={
                name: _schema(block) for name, block in self.schema["resources"].items()
            },
            data_source_schemas={
                name: _schema(block) for name, block in self.schema["data"].items()
            },
        )

    @override
    def ValidateProviderConfig(self, request: Any, context: Any) -> Any:
        return pb.ValidateProviderConfig.Response()

    @override
    def ConfigureProvider(self, request: Any, context: Any) -> Any:
        return pb.ConfigureProvider.Response()

    @override
    def ValidateResourceConfig(self, request: Any, context: Any) -> Any:
        block = self.schema["resources"][request.type_name]
        found = list(_impossible_values(block, read_dynamic_value(request.config), []))
        return pb.ValidateResourceConfig.Response(diagnostics=found)

    @override
    def ValidateDataResourceConfig(self, request: Any, context: Any) -> Any:
        return pb.ValidateDataResourceConfig.Response()

    @override
    def UpgradeResourceState(self, request: Any, context: Any) -> Any:
        raise NotImplementedError("nothing is ever applied with this provider")


def _schema(block: dict[str, Any]) -> Any:
    return pb.Schema(block=_block(block))


def _block(block: dict[str, Any]) -> Any:
    return pb.Schema.Block(
        attributes=[_attribute(name, each) for name, each in block["attributes"].items()],
        block_types=[
            pb.Schema.NestedBlock(
                type_name=name,
                block=_block(each["block"]),
                nesting=NESTING[each["nesting"]],
                min_items=each["min"],
                max_items=each["max"],
            )
            for name, each in block["blocks"].items()
        ],
    )


def _attribute(name: str, of: dict[str, Any]) -> Any:
    made = pb.Schema.Attribute(
        name=name,
        type=json.dumps(of["type"]).encode(),
        required=of.get("required", False),
        optional=of.get("optional", False),
        computed=of.get("computed", False),
    )
    if of.get("write_only"):
        made.MergeFromString(WRITE_ONLY_ON_THE_WIRE)
    return made


def _impossible_values(block: dict[str, Any], config: Any, path: list[Any]) -> Any:
    """Yield a diagnostic for each value that is not among those the provider's documentation lists."""
    if not isinstance(config, dict):
        return
    for name, attribute in block["attributes"].items():
        value = config.get(name)
        if isinstance(value, str) and value and value not in attribute.get("values", [value]):
            steps = [*path, pb.AttributePath.Step(attribute_name=name)]
            yield pb.Diagnostic(
                severity=pb.Diagnostic.ERROR,
                summary=f"expected {name} to be one of {attribute['values']}, got {value}",
                attribute=pb.AttributePath(steps=steps),
            )
    for name, nested in block["blocks"].items():
        inside = config.get(name)
        if inside is None or inside is Unknown:
            continue
        step = pb.AttributePath.Step(attribute_name=name)
        for number, each in enumerate(inside if isinstance(inside, list) else [inside]):
            at = (
                [pb.AttributePath.Step(element_key_int=number)]
                if nested["nesting"] == "list"
                else []
            )
            yield from _impossible_values(nested["block"], each, [*path, step, *at])


def main(schema: str, socket: str) -> None:
    """Serve until nobody is left who could want it."""
    server = grpc.server(ThreadPoolExecutor(max_workers=4))
    rpc.add_ProviderServicer_to_server(Servicer(json.loads(Path(schema).read_text())), server)
    server.add_insecure_port(f"unix:{socket}")
    server.start()
    print("ready", flush=True)
    sys.stdin.read()
    server.stop(grace=None)


if __name__ == "__main__":
    main(*sys.argv[1:])
