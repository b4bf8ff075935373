"""The contract's types as FastAPI bodies, and answers encoded straight from them: no pydantic twins."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema
from starlette.responses import Response
from typing_extensions import override

from tagent_contract import wire

SCHEMA_MARK = "x-tagent-type"
"""Where a contract type's schema belongs in the OpenAPI document; `openapi.py` puts it there."""


class Wire:
    """Makes a contract type a FastAPI body: `fault: Annotated[Fault, Wire("Fault"), Body()]`.

    The bytes are parsed by the contract, so that a wrong field is named as the sidecar would name it. `name` is the type's in OpenAPI.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def __get_pydantic_core_schema__(
        self, source: Any, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        def parse(value: object) -> Any:
            try:
                if isinstance(value, bytes):
                    return wire.decode(value, source)
                return wire.convert(value, source)
            except wire.WireError as error:
                raise PydanticCustomError(
                    "wire", "{problem}", {"path": error.path, "problem": error.problem}
                ) from error

        return core_schema.no_info_plain_validator_function(parse)

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {SCHEMA_MARK: self.name}


class _BytesRequest(Request):
    """Leaves the parsing of the body to the contract, which is strict about JSON where the standard library is not."""

    @override
    async def json(self) -> bytes:
        return await self.body()


class WireRoute(APIRoute):
    """A route whose body is parsed by the contract, whatever content type its sender claims."""

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def handle_bytes(request: Request) -> Response:
            return await handle(_BytesRequest(request.scope, request.receive))

        return handle_bytes


def answer(value: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return `value` as JSON."""
    return Response(wire.encode(value), status, headers, media_type="application/json")


def page(items: object, next_cursor: str | None = None) -> Response:
    """Return a list the way all lists are answered."""
    return answer({"items": items, "next": next_cursor})
