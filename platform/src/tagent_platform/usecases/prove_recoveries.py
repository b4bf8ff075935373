"""Ask recovered instances the real request that their policy wants answered. Called by the control loop."""

from __future__ import annotations

import asyncio

from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState
from tagent_contract.policy import ServicePolicy, VerifyRequest
from tagent_platform.core.incidents.attempts import health_now
from tagent_platform.core.records import (
    IncidentRecord,
    InstanceRecord,
    ServiceRecord,
    instance_key,
)
from tagent_platform.ports.verifier import Verifier
from tagent_platform.usecases.platform import Platform


async def prove_recoveries(platform: Platform) -> bool:
    """Ask every healthy patient that has not answered yet; return whether any was asked."""
    verifier = platform.verifier
    if verifier is None:
        return False
    now = platform.clock.now()
    asking = [
        (instance, request, policy.health.outside_timeout_s)
        for instance, request, policy, since in _unproven(platform)
        if not platform.proofs.is_proven(instance, since)
        and _is_time(platform, instance, policy.health.check_interval_s, now)
    ]
    if not asking:
        return False
    platform.proofs.keep(set(platform.store.all(InstanceRecord)))
    async with asyncio.TaskGroup() as group:
        for instance, request, timeout_s in asking:
            group.create_task(_ask(platform, verifier, instance, request, timeout_s))
    return True


def _unproven(
    platform: Platform,
) -> list[tuple[InstanceRecord, VerifyRequest, ServicePolicy, float]]:
    """Return the healthy patients of those incidents that wait for nothing but their health to hold."""
    found = []
    for versioned in platform.store.all(IncidentRecord).values():
        incident = versioned.record
        if incident.state is IncidentState.RESOLVED or incident.verifying_since is None:
            continue
        service = platform.store.get(ServiceRecord, incident.service)
        request = service.record.policy.healing.verify if service is not None else None
        if service is None or request is None:
            continue
        for name in incident.patients:
            held = platform.store.get(InstanceRecord, instance_key(incident.service, name))
            if held is not None and health_now(held.record) is Health.HEALTHY:
                found.append(
                    (held.record, request, service.record.policy, incident.verifying_since)
                )
    return found


def _is_time(platform: Platform, instance: InstanceRecord, interval_s: float, now: float) -> bool:
    last = platform.proofs.last(instance)
    return last is None or now - last.at >= interval_s


async def _ask(
    platform: Platform,
    verifier: Verifier,
    instance: InstanceRecord,
    request: VerifyRequest,
    timeout_s: float,
) -> None:
    failure = await verifier.ask(instance.address, request, timeout_s)
    platform.proofs.note(instance, platform.clock.now(), failure)
