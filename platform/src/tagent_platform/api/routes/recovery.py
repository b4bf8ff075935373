"""Heal by hand: recover, restart, and a healing pass now."""

from __future__ import annotations

from typing import Annotated

from starlette.responses import Response

from tagent_contract.services import HealingPassRequest
from tagent_platform.api import examples
from tagent_platform.api.context import Operator, ThePlatform
from tagent_platform.api.openapi import answers, body_example
from tagent_platform.api.parameters import ReasonBody, said
from tagent_platform.api.wire import Wire, answer, new_router
from tagent_platform.usecases.recover_service import recover_service
from tagent_platform.usecases.restart_service import restart_service
from tagent_platform.usecases.run_healing_pass import run_healing_pass

router = new_router("healing")

PassBody = Annotated[
    HealingPassRequest, Wire("HealingPassRequest"), body_example({"mode": "check"})
]

_ORDERED = answers(
    202, "IncidentView", "The incident that tells how it goes.", examples.INCIDENT_VIEW, (404, 409)
)


@router.post("/services/{service}/recover", status_code=202, responses=_ORDERED)
async def recover(
    platform: ThePlatform, caller: Operator, service: str, why: ReasonBody = None
) -> Response:
    """Clear the service's faults and restart what is sick. Passes by mode, back-off, intensity and storm; never by lock or halt."""
    ordered = await recover_service(
        platform,
        service=service,
        actor=caller.actor,
        reason=said(why).reason,
        instance=said(why).instance,
    )
    return answer(ordered, 202)


@router.post("/services/{service}/restart", status_code=202, responses=_ORDERED)
async def restart(
    platform: ThePlatform, caller: Operator, service: str, why: ReasonBody = None
) -> Response:
    """Restart the service, or one of its instances; its faults stay."""
    ordered = await restart_service(
        platform,
        service=service,
        actor=caller.actor,
        reason=said(why).reason,
        instance=said(why).instance,
    )
    return answer(ordered, 202)


@router.post(
    "/healing/passes",
    responses=answers(200, "HealingPass", "Every decision.", examples.HEALING_PASS),
)
async def healing_pass(platform: ThePlatform, caller: Operator, wanted: PassBody) -> Response:
    """Decide now, by the loop's own code: `check` says what would be done, `heal` also does it."""
    return answer(await run_healing_pass(platform, mode=wanted.mode, actor=caller.actor))
