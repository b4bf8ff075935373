"""Prove it: experiments, their runs and results, and what they are worth."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query
from starlette.responses import Response

from tagent_contract.experiments import (
    Catalog,
    ClaimRequest,
    RunHeartbeat,
    RunRequest,
    RunResult,
)
from tagent_platform.api import examples
from tagent_platform.api.context import Operator, ThePlatform, Viewer
from tagent_platform.api.openapi import answers, body_example, nothing
from tagent_platform.api.parameters import (
    LIMIT_DEFAULT,
    CursorQuery,
    LimitQuery,
    ReasonQuery,
    ServiceQuery,
)
from tagent_platform.api.wire import Wire, answer, new_router, no_content, page
from tagent_platform.usecases.beat_run import beat_run
from tagent_platform.usecases.claim_run import claim_run
from tagent_platform.usecases.finish_run import finish_run
from tagent_platform.usecases.list_experiments import list_experiments
from tagent_platform.usecases.list_runs import list_runs, show_run
from tagent_platform.usecases.publish_catalog import publish_catalog
from tagent_platform.usecases.score_services import score_services
from tagent_platform.usecases.start_run import start_run
from tagent_platform.usecases.stop_run import stop_run
from tagent_platform.usecases.withdraw_experiment import withdraw_experiment

router = new_router("experiments")

CatalogBody = Annotated[Catalog, Wire("Catalog"), body_example(examples.CATALOG)]
RunBody = Annotated[RunRequest, Wire("RunRequest"), body_example(examples.RUN_REQUEST)]
BeatBody = Annotated[
    RunHeartbeat | None, Wire("RunHeartbeat"), body_example(examples.RUN_HEARTBEAT)
]
ClaimBody = Annotated[ClaimRequest, Wire("ClaimRequest"), body_example(examples.CLAIM_REQUEST)]
ResultBody = Annotated[RunResult, Wire("RunResult"), body_example(examples.RUN_RESULT)]
ExperimentQuery = Annotated[str | None, Query(max_length=300, description="Only its runs.")]
OpenQuery = Annotated[bool, Query(description="Leave out those that have ended.")]

_RUN = answers(200, "RunView", "The run as it now is.", examples.RUN_VIEW, (404, 409))
_BEGUN = answers(201, "RunView", "The run.", examples.RUN_VIEW, (404, 409))
_RUNS = answers(
    200, "RunView[]", "Runs, the newest first.", examples.page_of(examples.RUN_VIEW), (404,)
)
_EXPERIMENTS = answers(
    200, "ExperimentView[]", "By name.", examples.page_of(examples.EXPERIMENT_VIEW)
)
_SCORES = answers(
    200,
    "ScoreView[]",
    "All services together first, under an empty name.",
    examples.page_of(examples.SCORE_VIEW),
    (404,),
)
_CLAIMED = answers(200, "RunView", "A run to carry out.", examples.RUN_VIEW) | {
    204: {"description": "None waits that could begin now."}
}


@router.get("/experiments", responses=_EXPERIMENTS)
async def experiments(
    platform: ThePlatform, _: Viewer, cursor: CursorQuery = None, limit: LimitQuery = LIMIT_DEFAULT
) -> Response:
    """List the experiments that can be run, each with its latest runs."""
    found = await list_experiments(platform, cursor=cursor, limit=limit)
    return page(found.items, found.next)


@router.put("/experiments", status_code=204, responses=nothing(()))
async def publish(platform: ThePlatform, caller: Operator, catalog: CatalogBody) -> Response:
    """Say which experiments can be run, and what they are about."""
    await publish_catalog(platform, catalog=catalog, actor=caller.actor)
    return no_content()


@router.delete("/experiments/{name}", status_code=204, responses=nothing((404,)))
async def withdraw(platform: ThePlatform, _: Operator, name: str) -> Response:
    """Let an experiment count no more; its runs stay to be read."""
    await withdraw_experiment(platform, name=name)
    return no_content()


@router.get("/experiments/scores", responses=_SCORES)
async def scores(platform: ThePlatform, _: Viewer, service: ServiceQuery = None) -> Response:
    """Show how resilient services have proven to be, what that is made of, and how it changed."""
    return page(await score_services(platform, service=service))


@router.post("/experiments/runs", status_code=201, responses=_BEGUN)
async def start(platform: ThePlatform, caller: Operator, request: RunBody) -> Response:
    """Begin a run, which reserves its services and lasts as long as its heartbeat; or let it wait for a runner."""
    run = await start_run(platform, request=request, actor=caller.actor)
    return answer(run, 201, {"location": f"/api/v1/experiments/runs/{run.id}"})


@router.get("/experiments/runs", responses=_RUNS)
async def runs(
    platform: ThePlatform,
    _: Viewer,
    experiment: ExperimentQuery = None,
    service: ServiceQuery = None,
    open: OpenQuery = False,  # noqa: A002 - the query's name
    cursor: CursorQuery = None,
    limit: LimitQuery = LIMIT_DEFAULT,
) -> Response:
    """List runs, without their promises and timelines."""
    found = await list_runs(
        platform,
        experiment=experiment,
        service=service,
        open_only=open,
        cursor=cursor,
        limit=limit,
    )
    return page(found.items, found.next)


@router.post("/experiments/runs/claim", responses=_CLAIMED)
async def claim(platform: ThePlatform, caller: Operator, request: ClaimBody) -> Response:
    """Take the run that waits the longest, to carry it out."""
    run = await claim_run(platform, request=request, actor=caller.actor)
    return no_content() if run is None else answer(run)


@router.get("/experiments/runs/{run_id}", responses=_RUN)
async def run(platform: ThePlatform, _: Viewer, run_id: str) -> Response:
    """Show one run whole."""
    return answer(await show_run(platform, run_id=run_id))


@router.post("/experiments/runs/{run_id}/heartbeat", responses=_RUN)
async def heartbeat(
    platform: ThePlatform, _: Operator, run_id: str, beat: BeatBody = None
) -> Response:
    """Say that the run goes on. Without this for 15 s it is over, and its faults with it; `stop_asked_by` in the answer asks to stop it."""
    progress = beat.progress if beat else ""
    return answer(await beat_run(platform, run_id=run_id, progress=progress))


@router.post("/experiments/runs/{run_id}/result", responses=_RUN)
async def result(
    platform: ThePlatform, caller: Operator, run_id: str, came_of_it: ResultBody
) -> Response:
    """End the run with its result. Faults that still carry its id end with it."""
    ended = await finish_run(platform, run_id=run_id, result=came_of_it, actor=caller.actor)
    return answer(ended)


@router.delete("/experiments/runs/{run_id}", responses=_RUN)
async def stop(
    platform: ThePlatform, caller: Operator, run_id: str, reason: ReasonQuery = ""
) -> Response:
    """Ask for the run to be stopped: whoever carries it out plays its rollbacks and says how it ended."""
    return answer(await stop_run(platform, run_id=run_id, actor=caller.actor, reason=reason))
