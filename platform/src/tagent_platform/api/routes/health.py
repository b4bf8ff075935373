"""The platform's own health and figures; open to everyone who can connect."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from tagent_contract.problems import ProblemType
from tagent_platform.api import metrics
from tagent_platform.api.context import TheContext
from tagent_platform.api.errors import problem, problem_response
from tagent_platform.api.figures import families
from tagent_platform.api.openapi import problem_answers
from tagent_platform.api.wire import answer, new_router

router = new_router("platform")

_OK = {"status": "ok"}
_FINE: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "It is.",
        "content": {"application/json": {"schema": {"type": "object"}, "example": _OK}},
    }
}


@router.get("/healthz", responses=_FINE)
async def healthz() -> Response:
    """Tell that the process answers."""
    return answer(_OK)


@router.get("/readyz", responses={**_FINE, **problem_answers((503,))})
async def readyz(context: TheContext) -> Response:
    """Tell whether the platform can do its work: the store agrees, and the control loop runs."""
    unready = context.readiness.why_not(context.platform)
    if unready is None:
        return answer({"status": "ready"})
    refusal = problem(ProblemType.UNAVAILABLE, 503, unready)
    return problem_response(refusal, {"retry-after": "1"})


@router.get(
    "/metrics",
    responses={
        200: {
            "description": "Prometheus text.",
            "content": {"text/plain": {"schema": {"type": "string"}}},
        }
    },
)
async def metrics_text(context: TheContext) -> Response:
    """Show the platform's own figures for Prometheus."""
    return Response(metrics.exposition(families(context)), media_type=metrics.CONTENT_TYPE)
