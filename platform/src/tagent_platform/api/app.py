"""The application: FastAPI for the routes and their documentation, behind the gate that every request passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from tagent_platform.api.auth import Access
from tagent_platform.api.connections import ConnectionGuard
from tagent_platform.api.context import Context, Traffic
from tagent_platform.api.docs_pages import add_docs_pages
from tagent_platform.api.eager import Eager
from tagent_platform.api.errors import error_problem, problem_response
from tagent_platform.api.freshness import Freshness
from tagent_platform.api.gate import PREFIX, TELEMETRY_PATHS, Answered, Gate, reason_of
from tagent_platform.api.idempotency import Idempotency
from tagent_platform.api.limits import RequestLimits
from tagent_platform.api.openapi import document
from tagent_platform.api.routes import (
    access,
    events,
    experiments,
    faults,
    halt,
    health,
    incidents,
    recovery,
    services,
)
from tagent_platform.api.routes.sidecars import DOCUMENTED, PlanRoute, TelemetryRoute
from tagent_platform.api.server import Slots, Stopping
from tagent_platform.ports.store import StoreError
from tagent_platform.usecases.errors import UseCaseError
from tagent_platform.usecases.platform import Platform

DISTRIBUTION = "tagent-platform"
DESCRIPTION = """Tagent watches services through a small sidecar, breaks them on purpose, heals them when they break, and proves that it did.

Every route wants a bearer token; roles are `viewer < operator < admin`, and `sidecar`. Errors are problem documents (RFC 9457) with a stable `type`.
Answers name in `tagent-version` the newest commit that they know of; a request that carries it back in `tagent-after` is answered with at least that,
whichever process of the platform answers. `tagent-confirmed-age-s` says how long ago that was confirmed against the store. A POST may carry an `Idempotency-Key`: the same key and body is carried out once and answered the same. Lists answer `{"items": [...], "next": cursor or null}`.
"""

_PEOPLE = (services, faults, halt, recovery, incidents, experiments, events, access)


def new_context(
    platform: Platform, limits: RequestLimits, connections_max: int | None = None
) -> Context:
    """Return what one application's routes share."""
    return Context(
        platform=platform,
        limits=limits,
        stopping=Stopping(),
        guard=ConnectionGuard(limits, connections_max or limits.connections_max),
        traffic=Traffic(),
        long_polls=Slots("open long-polls", limits.long_polls_max),
        streams=Slots("open event streams", limits.streams_max),
    )


@dataclass(frozen=True, slots=True)
class Application:
    """What the server serves."""

    asgi: ASGIApp
    eager: Mapping[bytes, Eager]
    """Answers at once, by path; what they leave goes to `asgi`."""


def build_app(context: Context) -> Application:
    """Return the whole application. It starts nothing by itself."""
    refusals = context.traffic.refusals
    access_by_token = Access(context.platform, context.limits)
    reporting = TelemetryRoute(context, access_by_token)
    telemetry = Answered(reporting, refusals)
    plan = Answered(PlanRoute(context), refusals)
    api = _fastapi(context)
    # First, since most of what is asked is this, and routes are tried in their order.
    api.router.routes[:0] = [
        Route(f"{PREFIX}/instances/{{service}}/{{instance}}/plan", plan, methods=["GET"]),
        *(Route(path, telemetry, methods=["POST"]) for path in sorted(TELEMETRY_PATHS)),
    ]
    once = Idempotency(api, context.platform, context.limits.receipts_max, refusals)
    fast: dict[str, ASGIApp] = dict.fromkeys(TELEMETRY_PATHS, telemetry)
    fresh = Freshness(once, context.platform)
    gate = Gate(fresh, access_by_token, context.limits, refusals, fast)
    eager = {path.encode(): reporting.answer_at_once for path in TELEMETRY_PATHS}
    return Application(gate, eager)


def _fastapi(context: Context) -> FastAPI:
    api = FastAPI(
        title="Tagent",
        version=metadata.version(DISTRIBUTION),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    api.state.context = context
    for area in _PEOPLE:
        api.include_router(area.router, prefix=PREFIX)
    api.include_router(faults.root_router)
    api.include_router(health.router)
    add_docs_pages(api)
    _answer_errors_as_problems(api)
    api.openapi = lambda: document(api, DOCUMENTED)  # type: ignore[method-assign]
    return api


def _answer_errors_as_problems(api: FastAPI) -> None:
    async def answer(request: Request, error: Exception) -> Response:
        refusal = error_problem(error)
        traffic = request.app.state.context.traffic
        traffic.refusals.add(reason_of(refusal))
        return problem_response(refusal.problem, refusal.headers)

    for kind in (HTTPException, RequestValidationError, UseCaseError, StoreError, Exception):
        api.add_exception_handler(kind, answer)
