"""Who is well, and who suffers from a run that should not. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from tagent_contract.health import Health
from tagent_contract.services import ServiceView

SICK = frozenset({Health.UNHEALTHY, Health.OFFLINE, Health.RECOVERING})
"""Who is being healed is sick: often that begins before anybody has looked."""


def complaint_about(view: ServiceView) -> str:
    """Return what is not as it is before anything is broken, empty when the service is well: healthy, no fault, and its last incident over."""
    if view.health is not Health.HEALTHY:
        return f"{view.name} is {view.health.value} ({view.reason.value})"
    if view.faults:
        return f"{view.name} has a fault, {view.faults[0].type}"
    if view.incident is not None:
        return f"{view.name} has an incident that is {view.incident.state.value}"
    return ""


def suffering(
    services: Iterable[ServiceView], watched: Collection[str], spared: Collection[str]
) -> str:
    """Return what befell a watched service that is nobody's target now, empty when nothing did."""
    for view in services:
        if view.health in SICK and view.name in watched and view.name not in spared:
            return f"{view.name} is no target, and became {view.health.value} ({view.reason.value})"
    return ""


def to_watch(
    services: Iterable[ServiceView], watched: Collection[str], spared: Collection[str]
) -> frozenset[str]:
    """Return the services to watch from now on: what is no run's target, and is well or was watched.

    What another run has made sick is watched again once it is well, also when that run has ended before.
    """
    return frozenset(
        view.name
        for view in services
        if view.name not in spared and (view.health not in SICK or view.name in watched)
    )


def passed_limit(
    services: Iterable[ServiceView], targets: Collection[str], limits: Mapping[str, float]
) -> str:
    """Return which of the targets' figures is over its limit, empty when none; one that is not known passes none."""
    for view in services:
        for name, limit in limits.items() if view.name in targets else ():
            value = getattr(view.figures, name)
            if value is not None and value > limit:
                return f"{name} of {view.name} is {value:.4g}, over the limit of {limit:g}"
    return ""
