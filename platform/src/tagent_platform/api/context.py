"""What the routes share: one of it an application."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from tagent_platform.api.auth import Caller, Requires
from tagent_platform.api.connections import ConnectionGuard
from tagent_platform.api.limits import RequestLimits
from tagent_platform.api.metrics import Counters
from tagent_platform.api.readiness import Readiness
from tagent_platform.api.server import Slots, Stopping
from tagent_platform.core.records import TokenRole
from tagent_platform.usecases.platform import Platform


@dataclass(slots=True)
class Traffic:
    """What the API counts; the labels are reasons, never names."""

    refusals: Counters = field(default_factory=lambda: Counters("reason"))
    reports: int = 0
    batches: int = 0
    plans: int = 0


@dataclass(frozen=True, slots=True)
class Context:
    """The platform and what the API keeps beside it."""

    platform: Platform
    limits: RequestLimits
    stopping: Stopping
    guard: ConnectionGuard
    traffic: Traffic
    long_polls: Slots
    streams: Slots
    readiness: Readiness = field(default_factory=Readiness)


def context_of(request: Request) -> Context:
    """Return the application's context."""
    context: Context = request.app.state.context
    return context


def _platform_of(request: Request) -> Platform:
    return context_of(request).platform


ThePlatform = Annotated[Platform, Depends(_platform_of)]
TheContext = Annotated[Context, Depends(context_of)]
Anyone = Annotated[Caller, Depends(Requires(None))]
Viewer = Annotated[Caller, Depends(Requires(TokenRole.VIEWER))]
Operator = Annotated[Caller, Depends(Requires(TokenRole.OPERATOR))]
Admin = Annotated[Caller, Depends(Requires(TokenRole.ADMIN))]
"""The caller, with at least that role."""
