"""The contract's types as FastAPI bodies, and answers encoded straight from them: no pydantic twins."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import APIRouter, Request
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

    def __init__(self, name: str, read: Callable[[bytes], object] | None = None) -> None:
        self.name = name
        self._read = read
        """Reads a body that is more than one contract type."""

    def __get_pydantic_core_schema__(
        self, source: Any, _handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        read = self._read or (lambda body: wire.decode(body, source))

        def parse(body: bytes) -> Any:
            try:
                return read(body)
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


def no_content() -> Response:
    """Return that it is done, and that there is nothing more to say."""
    return Response(status_code=204)


def page(items: object, next_cursor: str | None = None) -> Response:
    """Return a list the way all lists are answered."""
    return answer({"items": items, "next": next_cursor})


def new_router(tag: str) -> APIRouter:
    """Return a router whose bodies are parsed by the contract and whose answers are responses already."""
    return APIRouter(tags=[tag], route_class=WireRoute, default_response_class=Response)
