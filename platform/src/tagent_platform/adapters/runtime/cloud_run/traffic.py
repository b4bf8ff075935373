"""What a Cloud Run service's traffic says, and the changes that restart, hold and give back. Pure.

The names of annotations are a namespace of our own: Cloud Run refuses its own (`run.googleapis.com` and the like). Those of a restart are
on the template, where a change makes a new revision; those of a hold are on the service, where it makes none.
"""

from __future__ import annotations

from collections.abc import Iterable

from google.cloud import run_v2

from tagent_contract.times import format_time, parse_time
from tagent_platform.core.roll_outs import RollBack

NAMESPACE = "tagent.dev"
ATTEMPT = f"{NAMESPACE}/attempt-id"
RESTARTED_AT = f"{NAMESPACE}/restarted-at"
HELD_ON = f"{NAMESPACE}/rolled-back-to"
HELD_FROM = f"{NAMESPACE}/rolled-back-from"
HELD_AT = f"{NAMESPACE}/rolled-back-at"
HELD_BY = f"{NAMESPACE}/rolled-back-by"
HELD_BEFORE = f"{NAMESPACE}/traffic-before"
HOLD = (HELD_ON, HELD_FROM, HELD_AT, HELD_BY, HELD_BEFORE)
FOLLOWED_LATEST = "latest"
CLIENT = "tagent"

_TO_LATEST = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST
_TO_REVISION = run_v2.TrafficTargetAllocationType.TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION


def short(name: str) -> str:
    """Return a revision's name without the path to it, as instances know it."""
    return name.rpartition("/")[2]


def follows_latest(service: run_v2.Service) -> bool:
    """Return whether all traffic goes to whatever revision is the newest that is ready."""
    shares = [target for target in service.traffic if target.percent]
    return not shares or all(target.type_ == _TO_LATEST for target in shares)


def pinned_text(service: run_v2.Service) -> str:
    """Return where traffic goes, for people."""
    shares = (
        f"{target.percent} % to {short(target.revision) if target.revision else 'the newest'}"
        for target in service.traffic
        if target.percent
    )
    return ", ".join(shares)


def serving(service: run_v2.Service) -> frozenset[str]:
    """Return the revisions that requests go to now."""
    return frozenset(_revisions(service, service.traffic_statuses))


def wanted(service: run_v2.Service) -> frozenset[str]:
    """Return the revisions that requests should go to by the service's configuration."""
    if not any(target.percent for target in service.traffic):
        return frozenset({short(service.latest_ready_revision)}) - {""}
    return frozenset(_revisions(service, service.traffic))


def _revisions(
    service: run_v2.Service,
    targets: Iterable[run_v2.TrafficTarget] | Iterable[run_v2.TrafficTargetStatus],
) -> Iterable[str]:
    for target in targets:
        if not target.percent:
            continue
        name = target.revision
        if target.type_ == _TO_LATEST:
            name = service.latest_ready_revision
        if name:
            yield short(name)


def current(service: run_v2.Service) -> frozenset[str]:
    """Return the revisions that serve or are about to: the newest one is, unless traffic is pinned away from it."""
    coming = {short(service.latest_created_revision)} if follows_latest(service) else set()
    return (serving(service) | wanted(service) | coming) - {""}


def restarted(service: run_v2.Service, attempt_id: str, now: float) -> run_v2.Service:
    """Return the service as it is to be for a restart: the same template, with a mark that makes it another one."""
    changed = _copy(service)
    # A fixed name would be taken already, and each revision needs its own.
    changed.template.revision = ""
    changed.template.annotations[RESTARTED_AT] = format_time(now)
    changed.template.annotations[ATTEMPT] = attempt_id
    return changed


def is_restarted_by(service: run_v2.Service, attempt_id: str) -> bool:
    """Return whether a restart under this id has been written already."""
    return bool(attempt_id) and service.template.annotations.get(ATTEMPT) == attempt_id


def held(service: run_v2.Service) -> RollBack | None:
    """Return the hold that is in force: what we wrote down, as long as traffic is where we put it."""
    notes = service.annotations
    revision = notes.get(HELD_ON, "")
    if not revision or wanted(service) != {revision} or follows_latest(service):
        return None
    try:
        at = parse_time(notes.get(HELD_AT, ""))
    except ValueError:
        at = 0.0
    return RollBack(
        attempt_id=notes.get(HELD_BY, ""),
        revision=revision,
        replaced=notes.get(HELD_FROM, ""),
        at=at,
    )


def holding(service: run_v2.Service, hold: RollBack) -> run_v2.Service:
    """Return the service with all traffic on the hold's revision, and a note of why and since when."""
    changed = _copy(service)
    before = FOLLOWED_LATEST if follows_latest(service) else pinned_text(service)
    if held(service) is not None:
        before = service.annotations.get(HELD_BEFORE, before)
    changed.annotations.update(
        {
            HELD_ON: hold.revision,
            HELD_FROM: hold.replaced,
            HELD_AT: format_time(hold.at),
            HELD_BY: hold.attempt_id,
            HELD_BEFORE: before,
        }
    )
    target = run_v2.TrafficTarget(type_=_TO_REVISION, revision=hold.revision, percent=100)
    changed.traffic = [target, *_tags(service)]
    return changed


def may_be_given_back(service: run_v2.Service) -> bool:
    """Return whether traffic followed the newest revision before it was held: what people pinned, people unpin."""
    return service.annotations.get(HELD_BEFORE) == FOLLOWED_LATEST


def given_back(service: run_v2.Service) -> run_v2.Service:
    """Return the service with all traffic on the newest revision, and no note of a hold."""
    changed = _copy(service)
    for name in HOLD:
        changed.annotations.pop(name, None)
    target = run_v2.TrafficTarget(type_=_TO_LATEST, percent=100)
    changed.traffic = [target, *_tags(service)]
    return changed


def scaled(
    service: run_v2.Service, instances_min: int | None, instances_max: int | None
) -> run_v2.Service:
    """Return the service with other bounds of how many instances run; they are the service's, so no revision is made."""
    changed = _copy(service)
    if instances_min is not None:
        changed.scaling.min_instance_count = instances_min
    if instances_max is not None:
        changed.scaling.max_instance_count = instances_max
    return changed


def _tags(service: run_v2.Service) -> list[run_v2.TrafficTarget]:
    """Return addresses of single revisions, which get no share of the traffic."""
    return [
        run_v2.TrafficTarget(type_=target.type_, revision=target.revision, tag=target.tag)
        for target in service.traffic
        if target.tag
    ]


def _copy(service: run_v2.Service) -> run_v2.Service:
    changed = run_v2.Service(run_v2.Service.pb(service))
    changed.client = CLIENT
    return changed
