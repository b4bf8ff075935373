"""Break on purpose: inject, list, look at, end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import msgspec
from fastapi import Query
from starlette.responses import Response

from tagent_contract import wire
from tagent_contract.faults import Fault
from tagent_contract.names import ServiceName
from tagent_platform.api import examples
from tagent_platform.api.context import Operator, ThePlatform, Viewer
from tagent_platform.api.openapi import answers, body_example
from tagent_platform.api.parameters import (
    LIMIT_DEFAULT,
    CursorQuery,
    LimitQuery,
    ReasonQuery,
    ServiceQuery,
)
from tagent_platform.api.wire import Wire, answer, new_router, page
from tagent_platform.usecases.clear_faults import clear_faults
from tagent_platform.usecases.end_fault import end_fault
from tagent_platform.usecases.inject_fault import inject_fault
from tagent_platform.usecases.list_faults import list_faults
from tagent_platform.usecases.platform import Actor, Platform
from tagent_platform.usecases.show_fault import show_fault

router = new_router("faults")
root_router = new_router("faults")


class _ServiceField(msgspec.Struct):
    service: ServiceName


@dataclass(frozen=True, slots=True)
class NamedFault:
    """A fault together with the service it is for, from one body."""

    service: str
    fault: Fault


def _read_fault(body: bytes) -> Fault:
    fault: Fault = wire.decode(body, Fault)  # type: ignore[arg-type] # mypy takes a union for no type
    return fault


def _read_named_fault(body: bytes) -> NamedFault:
    return NamedFault(wire.decode(body, _ServiceField).service, _read_fault(body))


FaultBody = Annotated[Fault, Wire("Fault"), body_example(examples.FAULT)]
NamedFaultBody = Annotated[
    NamedFault,
    Wire("NamedFault", _read_named_fault),
    body_example({"service": "chat-service", **msgspec.to_builtins(examples.FAULT)}),
]
ForceQuery = Annotated[bool, Query(description="Take even the service's last healthy instance.")]
ActiveQuery = Annotated[bool, Query(description="Leave out those that have ended.")]

_ARMED = answers(201, "FaultView", "The armed fault.", examples.FAULT_VIEW, (404, 409))
_PAGE = examples.page_of(examples.FAULT_VIEW)


@router.post("/services/{service}/faults", status_code=201, responses=_ARMED)
async def inject(
    platform: ThePlatform,
    caller: Operator,
    service: str,
    fault: FaultBody,
    force: ForceQuery = False,
) -> Response:
    """Arm a fault on a service. Its sidecars learn of it at once; it ends by itself after `ttl_s`."""
    return await _inject(platform, NamedFault(service, fault), caller.actor, force)


@root_router.post("/inject-fault", status_code=201, responses=_ARMED)
async def inject_named(
    platform: ThePlatform, caller: Operator, named: NamedFaultBody, force: ForceQuery = False
) -> Response:
    """Arm a fault on the service named in the body: the short form of `POST /api/v1/services/{service}/faults`."""
    return await _inject(platform, named, caller.actor, force)


async def _inject(platform: Platform, named: NamedFault, actor: Actor, force: bool) -> Response:
    armed = await inject_fault(
        platform, service=named.service, fault=named.fault, actor=actor, force=force
    )
    return answer(armed, 201, {"location": f"/api/v1/faults/{armed.id}"})


@router.get(
    "/faults", responses=answers(200, "FaultView[]", "Faults, the newest first.", _PAGE, (404,))
)
async def faults(
    platform: ThePlatform,
    _: Viewer,
    service: ServiceQuery = None,
    active: ActiveQuery = False,
    cursor: CursorQuery = None,
    limit: LimitQuery = LIMIT_DEFAULT,
) -> Response:
    """List faults: those that act, and those that ended."""
    found = await list_faults(platform, service=service, active=active, cursor=cursor, limit=limit)
    return page(found.items, found.next)


@router.get(
    "/faults/{fault_id}",
    responses=answers(200, "FaultView", "The fault.", examples.FAULT_VIEW, (404,)),
)
async def fault(platform: ThePlatform, _: Viewer, fault_id: str) -> Response:
    """Show one fault, with its targets and its timeline."""
    return answer(await show_fault(platform, fault_id=fault_id))


@router.delete(
    "/faults/{fault_id}",
    responses=answers(200, "FaultView", "The fault as it now is.", examples.FAULT_VIEW, (404,)),
)
async def end(
    platform: ThePlatform, caller: Operator, fault_id: str, reason: ReasonQuery = ""
) -> Response:
    """End one fault. It is ENDING until its sidecars say that it has ended."""
    return answer(await end_fault(platform, fault_id=fault_id, actor=caller.actor, reason=reason))


@router.delete(
    "/services/{service}/faults",
    responses=answers(200, "FaultView[]", "The faults that now end.", _PAGE, (404,)),
)
async def clear(
    platform: ThePlatform, caller: Operator, service: str, reason: ReasonQuery = ""
) -> Response:
    """End all faults of a service."""
    return page(await clear_faults(platform, service=service, actor=caller.actor, reason=reason))
