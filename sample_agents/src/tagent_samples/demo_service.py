"""demo-service: items in memory under `/v1/items`, to create, read, change and delete; gone with the process."""

from __future__ import annotations

from itertools import islice

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from tagent_samples.bodies import count_of, read_object, text_of
from tagent_samples.problems import HANDLERS, BadInputError
from tagent_samples.serving import health_route, serve
from tagent_samples.settings import Settings

ITEMS_MAX = 10_000
LISTED_MAX = 100


class Items:
    """The items of one process, by number."""

    def __init__(self) -> None:
        self._items: dict[int, dict[str, str | int]] = {}
        self._last = 0

    async def list(self, _request: Request) -> Response:
        """Answer the first hundred."""
        shown = list(islice(self._items.values(), LISTED_MAX))
        return JSONResponse({"items": shown, "total": len(self._items)})

    async def create(self, request: Request) -> Response:
        """Add one."""
        fields = await _item_fields(request)
        if len(self._items) >= ITEMS_MAX:
            raise BadInputError(f"there are {ITEMS_MAX} items already; delete some", 409)
        self._last += 1
        item = {"id": self._last, **fields}
        self._items[self._last] = item
        return JSONResponse(item, 201, headers={"location": f"/v1/items/{self._last}"})

    async def read(self, request: Request) -> Response:
        """Answer one."""
        return JSONResponse(self._items[self._known(request)])

    async def replace(self, request: Request) -> Response:
        """Change one."""
        number = self._known(request)
        self._items[number] = {"id": number, **await _item_fields(request)}
        return JSONResponse(self._items[number])

    async def delete(self, request: Request) -> Response:
        """Remove one."""
        del self._items[self._known(request)]
        return Response(status_code=204)

    def _known(self, request: Request) -> int:
        number: int = request.path_params["number"]
        if number not in self._items:
            raise HTTPException(404, f"There is no item {number}")
        return number


async def _item_fields(request: Request) -> dict[str, str | int]:
    fields = await read_object(request)
    return {
        "name": text_of(fields, "name", length_max=200),
        "quantity": count_of(fields, "quantity", 1, low=0, high=10**9),
    }


def create_app(_settings: Settings) -> Starlette:
    """Build the application."""
    items = Items()
    routes = [
        Route("/v1/items", items.list, methods=["GET"]),
        Route("/v1/items", items.create, methods=["POST"]),
        Route("/v1/items/{number:int}", items.read, methods=["GET"]),
        Route("/v1/items/{number:int}", items.replace, methods=["PUT"]),
        Route("/v1/items/{number:int}", items.delete, methods=["DELETE"]),
        health_route("demo-service", "local"),
    ]
    return Starlette(routes=routes, exception_handlers=HANDLERS)


if __name__ == "__main__":
    serve("demo-service", create_app, default_port=8103)
