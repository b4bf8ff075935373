"""What is watched: services with their health, figures, logs, policy and maintenance."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from pydantic import Field
from starlette.responses import Response

from tagent_contract.policy import ServicePolicy
from tagent_contract.services import MaintenanceRequest
from tagent_platform.api import examples
from tagent_platform.api.context import Admin, Operator, ThePlatform, Viewer
from tagent_platform.api.openapi import answers, body_example, nothing
from tagent_platform.api.parameters import LIMIT_DEFAULT, CursorQuery, LimitQuery, ReasonQuery
from tagent_platform.api.wire import Wire, answer, new_router, no_content, page
from tagent_platform.usecases.end_maintenance import end_maintenance
from tagent_platform.usecases.forget_service import forget_service
from tagent_platform.usecases.list_services import list_services
from tagent_platform.usecases.read_logs import LINES_DEFAULT, read_logs
from tagent_platform.usecases.read_series import read_series
from tagent_platform.usecases.set_maintenance import set_maintenance
from tagent_platform.usecases.set_policy import set_policy
from tagent_platform.usecases.show_policy import show_policy
from tagent_platform.usecases.show_service import show_service

router = new_router("services")

PolicyBody = Annotated[ServicePolicy, Wire("ServicePolicy"), body_example(examples.POLICY)]
MaintenanceBody = Annotated[
    MaintenanceRequest,
    Wire("MaintenanceRequest"),
    body_example({"reason": "moving its database", "duration_s": 1800.0}),
]
METRICS_MAX = 50
MetricQuery = Annotated[
    str,
    Query(
        max_length=100, description="Such as `requests_per_s`; an unknown one is told the known."
    ),
]
MetricsQuery = Annotated[
    list[Annotated[str, Field(max_length=100)]],
    Query(
        min_length=1,
        max_length=METRICS_MAX,
        description="Such as `requests_per_s`, once for each that is wanted; an unknown one is told the known.",
    ),
]
WindowQuery = Annotated[float, Query(gt=0, le=86_400, description="So far back, in seconds.")]
StepQuery = Annotated[float, Query(gt=0, le=86_400, description="One point each so many seconds.")]
TextQuery = Annotated[str, Query(max_length=500, description="Part of the line, in any case.")]
LevelQuery = Annotated[str | None, Query(max_length=20, description="That level or worse.")]


@router.get(
    "/services",
    responses=answers(
        200, "ServiceView[]", "Services by name.", examples.page_of(examples.SERVICE_VIEW)
    ),
)
async def services(
    platform: ThePlatform,
    _: Viewer,
    cursor: CursorQuery = None,
    limit: LimitQuery = LIMIT_DEFAULT,
) -> Response:
    """List services with their state."""
    found = await list_services(platform, cursor=cursor, limit=limit)
    return page(found.items, found.next)


@router.get(
    "/services/{service}",
    responses=answers(200, "ServiceView", "The service.", examples.SERVICE_VIEW, (404,)),
)
async def service_state(platform: ThePlatform, _: Viewer, service: str) -> Response:
    """Show one service: its health and why, its instances, faults, incident and latest figures."""
    return answer(await show_service(platform, service=service))


@router.delete("/services/{service}", status_code=204, responses=nothing((404, 409)))
async def forget(
    platform: ThePlatform, caller: Admin, service: str, reason: ReasonQuery = ""
) -> Response:
    """Forget a retired service; refused while one of its instances is in contact."""
    await forget_service(platform, service=service, actor=caller.actor, reason=reason)
    return no_content()


@router.get(
    "/services/{service}/series",
    responses=answers(200, "SeriesView", "The points.", examples.SERIES, (404,)),
)
async def series(
    platform: ThePlatform,
    _: Viewer,
    service: str,
    metric: MetricQuery,
    window_s: WindowQuery = 900.0,
    step_s: StepQuery = 5.0,
) -> Response:
    """Show a metric over time, one value a step; null where nothing is known."""
    (found,) = await read_series(
        platform, service=service, metrics=(metric,), window_s=window_s, step_s=step_s
    )
    return answer(found)


@router.get(
    "/services/{service}/figures",
    responses=answers(
        200,
        "SeriesView[]",
        "The points of each metric, in the order asked for.",
        examples.page_of(examples.SERIES),
        (404,),
    ),
)
async def figures(
    platform: ThePlatform,
    _: Viewer,
    service: str,
    metric: MetricsQuery,
    window_s: WindowQuery = 900.0,
    step_s: StepQuery = 5.0,
) -> Response:
    """Show several metrics over the same time at the cost of one: `metric` may be given more than once."""
    return page(
        await read_series(
            platform, service=service, metrics=metric, window_s=window_s, step_s=step_s
        )
    )


@router.get(
    "/services/{service}/logs",
    responses=answers(
        200, "LogEntry[]", "Lines, oldest first.", examples.page_of(examples.LOG_ENTRY), (404,)
    ),
)
async def logs(
    platform: ThePlatform,
    _: Viewer,
    service: str,
    query: TextQuery = "",
    level: LevelQuery = None,
    limit: LimitQuery = LINES_DEFAULT,
) -> Response:
    """Show the latest log lines that match."""
    return page(await read_logs(platform, service=service, query=query, level=level, limit=limit))


@router.get(
    "/services/{service}/policy",
    responses=answers(200, "ServicePolicy", "The policy.", examples.POLICY, (404,)),
)
async def policy(platform: ThePlatform, _: Viewer, service: str) -> Response:
    """Show every number of the service's health and healing."""
    return answer(await show_policy(platform, service=service))


@router.put(
    "/services/{service}/policy",
    responses=answers(200, "ServicePolicy", "The policy from now on.", examples.POLICY, (404,)),
)
async def put_policy(
    platform: ThePlatform,
    caller: Admin,
    service: str,
    wanted: PolicyBody,
    reason: ReasonQuery = "",
) -> Response:
    """Replace the policy whole: what is not given is its default."""
    return answer(
        await set_policy(
            platform, service=service, policy=wanted, actor=caller.actor, reason=reason
        )
    )


@router.put(
    "/services/{service}/maintenance",
    responses=answers(200, "Maintenance", "The window.", examples.MAINTENANCE, (404,)),
)
async def put_maintenance(
    platform: ThePlatform, caller: Operator, service: str, wanted: MaintenanceBody
) -> Response:
    """Open a maintenance window: until its end nothing is healed and no fault accepted."""
    return answer(
        await set_maintenance(platform, service=service, request=wanted, actor=caller.actor)
    )


@router.delete("/services/{service}/maintenance", status_code=204, responses=nothing((404,)))
async def delete_maintenance(
    platform: ThePlatform, caller: Operator, service: str, reason: ReasonQuery = ""
) -> Response:
    """Close the maintenance window before its time."""
    await end_maintenance(platform, service=service, actor=caller.actor, reason=reason)
    return no_content()
