"""The plan: what one instance should do now."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from tagent_contract.faults import Fault
from tagent_contract.names import Id, Incarnation
from tagent_contract.policy import ServicePolicy


class PlanFault(Struct, frozen=True, kw_only=True):
    """A fault this instance should apply.

    `ttl_left_s` counts from the plan's receipt, on the sidecar's monotonic clock; a fault already known keeps its first deadline.
    With `incarnation` it applies to that start of the service alone, and ends with it.
    """

    id: Id
    fault: Fault
    ttl_left_s: Annotated[float, Meta(ge=0)]
    incarnation: Incarnation | None = None


class RestartOrder(Struct, frozen=True, kw_only=True):
    """Restart the service if it still is this incarnation; done once per `attempt_id`, however often it is read."""

    incarnation: Incarnation
    attempt_id: Id


class Plan(Struct, frozen=True, kw_only=True):
    """Within an epoch the higher revision wins; a new epoch replaces. A plan is whole: what it does not list ends."""

    epoch: str
    revision: Annotated[int, Meta(ge=0)]
    policy: ServicePolicy = ServicePolicy()
    faults: tuple[PlanFault, ...] = ()
    restart: RestartOrder | None = None
    halted: bool = False
    """True ends faults as HALTED rather than CLEARED."""
    ending: dict[str, str] = {}
    """Id → end reason, for faults that the platform just ended; what is in neither list ends as `cleared`."""


class PlanRevision(Struct, frozen=True, kw_only=True):
    """The answer to a report: fetch the plan when this is not the one you have."""

    epoch: str
    plan_revision: Annotated[int, Meta(ge=0)]


CONFIRMED_AGE_HEADER = "tagent-confirmed-age-s"
"""On a plan answer, 200 or 304: seconds since the platform last confirmed the plan against its store. Over 10 it renews no lease."""
