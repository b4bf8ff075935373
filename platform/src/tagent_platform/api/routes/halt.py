"""Stop all breaking at once, and keep it stopped."""

from __future__ import annotations

from typing import Annotated

from starlette.responses import Response

from tagent_contract.services import HaltRequest
from tagent_platform.api import examples
from tagent_platform.api.context import Operator, ThePlatform, Viewer
from tagent_platform.api.openapi import answers, body_example
from tagent_platform.api.parameters import ReasonQuery
from tagent_platform.api.wire import Wire, answer, new_router
from tagent_platform.usecases.halt_all import halt_all
from tagent_platform.usecases.release_halt import release_halt
from tagent_platform.usecases.show_halt import show_halt

router = new_router("faults")

HaltBody = Annotated[HaltRequest, Wire("HaltRequest"), body_example({"reason": "too much at once"})]


@router.put("/halt", responses=answers(200, "Halt", "The halt.", examples.HALT))
async def halt(platform: ThePlatform, caller: Operator, request: HaltBody) -> Response:
    """End every fault and refuse new ones until released; also over a restart of the platform."""
    return answer(await halt_all(platform, reason=request.reason, actor=caller.actor))


@router.get("/halt", responses=answers(200, "Halt", "Whether all is halted.", examples.HALT))
async def halt_state(platform: ThePlatform, _: Viewer) -> Response:
    """Show whether all is halted, and how many targets have not yet confirmed."""
    return answer(await show_halt(platform))


@router.delete("/halt", responses=answers(200, "Halt", "No halt.", examples.RELEASED, (409,)))
async def release(platform: ThePlatform, caller: Operator, reason: ReasonQuery = "") -> Response:
    """Release the halt: faults may be injected again. What it ended stays ended."""
    return answer(await release_halt(platform, actor=caller.actor, reason=reason))
