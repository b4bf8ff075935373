"""The remedies for one sick instance, weakest first: restart it, restart its service, roll the service back.

A rung that the runtime lacks is not there. Restarting the service of a single instance equals restarting the instance, and
restarting a service of which some instance is healthy would take down what still works, so neither is a rung. A rung is tried, with
growing waits, until its budget is used up; then the next one's turn has come. A roll back is tried once an incident.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from tagent_contract.health import Health
from tagent_contract.incidents import Remedy
from tagent_platform.core.backoff import Allowed, UsedUp, Verdict
from tagent_platform.core.records import AttemptRecord, InstanceRecord


@dataclass(frozen=True, slots=True)
class Rung:
    """A remedy, whom it would hit, and whether its budget allows it now."""

    remedy: Remedy
    targets: tuple[str, ...]
    budget_instance: str | None
    """The instance whose budget pays for it; None: the whole service's."""
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedies:
    """What the runtime can do."""

    restart_instance: bool = True
    restart_service: bool = True
    roll_back: bool = False
    through_sidecar: bool = False
    """An instance is reached through its sidecar alone, which must be its parent and in contact."""


def rungs_for(
    instance: InstanceRecord,
    live: Mapping[str, InstanceRecord],
    remedies: Remedies,
    verdict: Callable[[str | None], Verdict],
    attempts: Iterable[AttemptRecord] = (),
) -> tuple[Rung, ...]:
    """Return the rungs of an instance's ladder, weakest first.

    `verdict` is what the budget of an instance, or with None of the whole service, allows now.
    """
    everyone = tuple(sorted(name for name in live if _can_reach(live[name], remedies)))
    rungs: list[Rung] = []
    if remedies.restart_instance:
        rungs.append(
            Rung(Remedy.RESTART_INSTANCE, (instance.name,), instance.name, verdict(instance.name))
        )
    nobody_healthy = all(other.health is not Health.HEALTHY for other in live.values())
    if remedies.restart_service and nobody_healthy and (len(everyone) > 1 or not rungs):
        rungs.append(Rung(Remedy.RESTART_SERVICE, everyone, None, verdict(None)))
    if remedies.roll_back and all(a.remedy is not Remedy.ROLL_BACK for a in attempts):
        rungs.append(Rung(Remedy.ROLL_BACK, everyone, None, Allowed(1)))
    return tuple(rungs)


def _can_reach(instance: InstanceRecord, remedies: Remedies) -> bool:
    if not remedies.through_sidecar:
        return True
    return instance.supervised and instance.health is not Health.OFFLINE


def next_rung(rungs: Iterable[Rung]) -> Rung | None:
    """Return the weakest rung whose budget is not used up, None when there is none."""
    return next((rung for rung in rungs if not isinstance(rung.verdict, UsedUp)), None)
