"""The real application over a House, spoken to without sockets."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

import httpx

from tagent_contract import wire
from tagent_contract.reports import Batch
from tagent_contract.services import TokenRequest
from tagent_platform.api.app import build_app, new_context
from tagent_platform.api.limits import RequestLimits
from tagent_platform.usecases.mint_token import mint_token
from tests.fakes.house import ADMIN, FakeSidecar, House

ROLES = ("viewer", "operator", "admin")


class Api:
    """The application and a client; `as_role` chooses whose token goes with a request."""

    def __init__(self, house: House | None = None, **limits: Any) -> None:
        self.house = house or House()
        self.context = new_context(self.house.platform, RequestLimits(**limits))
        application = build_app(self.context)
        self.app, self.eager = application.asgi, application.eager
        self.tokens: dict[str, str] = {}
        self._http = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app, raise_app_exceptions=False),
            base_url="http://tagent",
        )

    async def __aenter__(self) -> Self:
        for role in ROLES:
            await self.mint(role)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.context.stopping.set()
        await self._http.aclose()

    async def mint(self, role: str, service: str | None = None) -> str:
        """Make a token; a sidecar's is known by its service's name."""
        name = service or role
        request = TokenRequest(name=name, role=role, service=service)
        minted = await mint_token(self.house.platform, request=request, actor=ADMIN)
        assert minted.token is not None
        self.tokens[name] = minted.token
        return minted.token

    async def ask(
        self, method: str, path: str, *, as_role: str | None = "operator", **request: Any
    ) -> httpx.Response:
        headers = dict(request.pop("headers", {}))
        if as_role is not None:
            headers["authorization"] = f"Bearer {self.tokens[as_role]}"
        return await self._http.request(method, path, headers=headers, **request)

    async def get(self, path: str, **request: Any) -> httpx.Response:
        return await self.ask("GET", path, **request)

    async def post(self, path: str, **request: Any) -> httpx.Response:
        return await self.ask("POST", path, **request)

    async def report(self, sidecar: FakeSidecar, **said: Any) -> httpx.Response:
        """Send a report as its sidecar does."""
        if sidecar.service not in self.tokens:
            await self.mint("sidecar", sidecar.service)
        body = wire.encode(Batch(reports=(sidecar.next_report(**said),)))
        return await self.post("/telemetry", as_role=sidecar.service, content=body)
