"""The remedies for one sick instance, weakest first: restart it, restart its service, roll the service back.

A rung that the runtime lacks is not there. Restarting the service of a single instance equals restarting the instance, and
restarting a service of which some instance is healthy would take down what still works, so neither is a rung. A rung is tried, with
growing waits, until its budget is used up; then the next one's turn has come. A roll back is tried once an incident.

Where a restart of the service is a roll-out, it takes healthy instances with it, so healing has these rungs only while the service as a
whole is UNHEALTHY: silence alone is no proof there, since instances may be stopped at any time. An instance whose sidecar is its parent
can still be restarted alone. A roll-out that failed is not tried again in the same incident: the same configuration fails again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tagent_contract.health import Health
from tagent_contract.incidents import Outcome, Remedy
from tagent_platform.core.backoff import Allowed, UsedUp, Verdict
from tagent_platform.core.incidents.causes import MANUAL
from tagent_platform.core.incidents.records import AttemptRecord
from tagent_platform.core.records import InstanceRecord
from tagent_platform.core.roll_outs import Setback
from tagent_platform.core.service_health import service_health


@dataclass(frozen=True, slots=True)
class Rung:
    """A remedy, whom it would hit, and whether its budget allows it now."""

    remedy: Remedy
    targets: tuple[str, ...]
    budget_instance: str | None
    """The instance whose budget pays for it; None: the whole service's."""
    verdict: Verdict
    rolls_out: bool = False
    """It gives the service another revision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedies:
    """What the runtime can do."""

    restart_instance: bool = True
    restart_service: bool = True
    roll_back: bool = False
    through_sidecar: bool = False
    """An instance is reached through its sidecar alone, which must be its parent and in contact."""
    rolls_out: bool = False
    """A restart of the service is a new revision, whose instances take the place of all."""


def rungs_for(
    instance: InstanceRecord,
    live: Mapping[str, InstanceRecord],
    remedies: Remedies,
    verdict: Callable[[str | None], Verdict],
    attempts: Iterable[AttemptRecord] = (),
    *,
    by_person: bool = False,
) -> tuple[Rung, ...]:
    """Return the rungs of an instance's ladder, weakest first.

    `verdict` is what the budget of an instance, or with None of the whole service, allows now. What `by_person` orders may hit healthy
    instances too, and may be tried again.
    """
    rungs: list[Rung] = []
    if remedies.restart_instance and (not remedies.rolls_out or _can_reach(instance, remedies)):
        rungs.append(
            Rung(Remedy.RESTART_INSTANCE, (instance.name,), instance.name, verdict(instance.name))
        )
    if remedies.rolls_out:
        may_replace_all = by_person or service_health(live.values()).health is Health.UNHEALTHY
        tried = () if by_person else tuple(attempts)
        return (*rungs, *(_roll_outs(live, remedies, verdict, tried) if may_replace_all else ()))
    everyone = tuple(sorted(name for name in live if _can_reach(live[name], remedies)))
    nobody_healthy = all(other.health is not Health.HEALTHY for other in live.values())
    if remedies.restart_service and nobody_healthy and (len(everyone) > 1 or not rungs):
        rungs.append(Rung(Remedy.RESTART_SERVICE, everyone, None, verdict(None)))
    if remedies.roll_back and all(a.remedy is not Remedy.ROLL_BACK for a in attempts):
        rungs.append(Rung(Remedy.ROLL_BACK, everyone, None, Allowed(1)))
    return tuple(rungs)


def _roll_outs(
    live: Mapping[str, InstanceRecord],
    remedies: Remedies,
    verdict: Callable[[str | None], Verdict],
    attempts: Sequence[AttemptRecord],
) -> Iterator[Rung]:
    everyone = tuple(sorted(live))
    futile = {a.remedy for a in attempts if a.setback is Setback.FUTILE}
    if remedies.restart_service and Remedy.RESTART_SERVICE not in futile:
        yield Rung(Remedy.RESTART_SERVICE, everyone, None, verdict(None), rolls_out=True)
    rolled_back = [a for a in attempts if a.remedy is Remedy.ROLL_BACK]
    # One that was carried out and cured nothing is not repeated; one that the runtime did not take costs like a restart.
    is_spent = any(a.setback is not Setback.PASSING for a in rolled_back)
    if remedies.roll_back and not is_spent:
        again = verdict(None) if rolled_back else Allowed(1)
        yield Rung(Remedy.ROLL_BACK, everyone, None, again, rolls_out=True)


def since_person(attempts: Sequence[AttemptRecord]) -> tuple[AttemptRecord, ...]:
    """Return the attempts since a person's last one: what failed before it may have been mended."""
    by_person = [number for number, a in enumerate(attempts) if a.cause_key == MANUAL]
    return tuple(attempts[by_person[-1] :]) if by_person else tuple(attempts)


def lasting_setback(attempts: Sequence[AttemptRecord]) -> str:
    """Return why nothing helps until a person has changed something, empty when something may."""
    last = next((a for a in reversed(attempts) if a.outcome is not Outcome.PENDING), None)
    return last.detail if last is not None and last.setback is Setback.LASTING else ""


def _can_reach(instance: InstanceRecord, remedies: Remedies) -> bool:
    if not remedies.through_sidecar:
        return True
    return instance.supervised and instance.health is not Health.OFFLINE


def next_rung(rungs: Iterable[Rung]) -> Rung | None:
    """Return the weakest rung whose budget is not used up, None when there is none."""
    return next((rung for rung in rungs if not isinstance(rung.verdict, UsedUp)), None)
