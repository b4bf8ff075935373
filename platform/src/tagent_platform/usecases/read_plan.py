"""Answer an instance's long-poll for its plan."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from tagent_contract.plan import Plan
from tagent_contract.problems import ConflictReason
from tagent_platform.core.records import (
    HALT_KEY,
    HaltRecord,
    InstanceRecord,
    ServiceRecord,
    instance_key,
)
from tagent_platform.ports.store import Versioned
from tagent_platform.usecases.current_plan import current_plan, plan_to_send
from tagent_platform.usecases.errors import NotFoundError, RefusedError
from tagent_platform.usecases.platform import Platform


@dataclass(frozen=True, slots=True)
class PlanAnswer:
    """The plan, or None when the sidecar has it already; and when that was last confirmed against the store."""

    plan: Plan | None
    confirmed_age_s: float


@dataclass(frozen=True, slots=True)
class HeldPlan:
    """The plan a sidecar says it has; none at first."""

    epoch: str = ""
    revision: int = -1


async def read_plan(
    platform: Platform,
    *,
    service: str,
    instance: str,
    boot_id: str,
    held: HeldPlan,
    wait_s: float = 0.0,
) -> PlanAnswer:
    """Return the plan as soon as it is newer than the one held, or after `wait_s` that there is none.

    Raises NotFoundError for an instance that never reported or was forgotten, and RefusedError(SUPERSEDED) as soon as another boot has its name.
    """
    key = instance_key(service, instance)
    plan = await _newer_plan(platform, key, boot_id, held, wait_s)
    contact = platform.contacts.get(key)
    if contact is not None:
        contact.plan_answered_monotonic = platform.clock.monotonic()
    age_s = platform.store_watch.confirmed_age_s(platform.clock.monotonic())
    return PlanAnswer(plan, age_s)


async def _newer_plan(
    platform: Platform, key: str, boot_id: str, held: HeldPlan, wait_s: float
) -> Plan | None:
    plan = _plan_if_newer(platform, key, boot_id, held)
    if plan is not None or wait_s <= 0:
        return plan
    try:
        async with asyncio.timeout(min(wait_s, platform.limits.plan_wait_s_max)):
            while plan is None:
                await platform.plan_waiters.wait(_change_seen_from_now(platform, key))
                plan = _plan_if_newer(platform, key, boot_id, held)
    except TimeoutError:
        return _plan_if_newer(platform, key, boot_id, held)
    return plan


def _change_seen_from_now(platform: Platform, key: str) -> Callable[[], bool]:
    """Return what tells, in a microsecond, whether a record that the plan is made from has changed since."""
    service = key.partition("/")[0]
    instances = platform.store.all(InstanceRecord)
    services = platform.store.all(ServiceRecord)
    halts = platform.store.all(HaltRecord)
    faults_of = platform.fleet.faults_of

    def look() -> tuple[object, ...]:
        faults = faults_of(service).newest
        return instances.get(key), services.get(service), halts.get(HALT_KEY), faults

    now = look()
    return lambda: look() != now


def _plan_if_newer(platform: Platform, key: str, boot_id: str, held: HeldPlan) -> Plan | None:
    instance = _instance_of_boot(platform, key, boot_id)
    plan = current_plan(platform, instance)
    contact = platform.contacts.get(key)
    if plan.epoch == held.epoch:
        if contact is not None:
            contact.plan_revision = held.revision
        if plan.revision <= held.revision:
            return None
    return plan_to_send(platform, instance)


def _instance_of_boot(platform: Platform, key: str, boot_id: str) -> Versioned[InstanceRecord]:
    found = platform.store.get(InstanceRecord, key)
    if found is None:
        # No near names: it is a sidecar that asks, and to look for them among all instances takes long.
        raise NotFoundError("instance", key)
    if found.record.boot_id != boot_id:
        text = f"another sidecar has the name {found.record.name}"
        raise RefusedError(ConflictReason.SUPERSEDED, text)
    return found
