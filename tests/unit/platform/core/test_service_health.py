"""A service's health from its instances', over every combination of words."""

from __future__ import annotations

from itertools import combinations_with_replacement

import pytest

from tagent_contract.health import Health, HealthReason
from tagent_platform.core.records import ServiceRecord
from tagent_platform.core.service_health import service_health, settle
from tests.fakes.clinic import NOW, instance

H = Health


@pytest.mark.parametrize(
    ("found", "health", "reason"),
    [
        ((), H.UNKNOWN, HealthReason.NO_INSTANCES),
        ((H.UNKNOWN,), H.UNKNOWN, HealthReason.STARTING),
        ((H.UNKNOWN, H.UNKNOWN), H.UNKNOWN, HealthReason.STARTING),
        ((H.HEALTHY,), H.HEALTHY, HealthReason.HEALTHY),
        ((H.HEALTHY, H.HEALTHY), H.HEALTHY, HealthReason.HEALTHY),
        ((H.OFFLINE,), H.OFFLINE, HealthReason.NO_CONTACT),
        ((H.OFFLINE, H.OFFLINE), H.OFFLINE, HealthReason.NO_CONTACT),
        ((H.UNHEALTHY,), H.UNHEALTHY, HealthReason.ERROR_RATIO),
        ((H.UNHEALTHY, H.OFFLINE), H.UNHEALTHY, HealthReason.INSTANCES_DIFFER),
        ((H.RECOVERING,), H.RECOVERING, HealthReason.RESTARTING),
        ((H.RECOVERING, H.UNHEALTHY), H.RECOVERING, HealthReason.RESTARTING),
        ((H.RECOVERING, H.UNKNOWN), H.RECOVERING, HealthReason.RESTARTING),
        ((H.RECOVERING, H.DEGRADED), H.RECOVERING, HealthReason.RESTARTING),
        ((H.RECOVERING, H.HEALTHY), H.DEGRADED, HealthReason.INSTANCES_DIFFER),
        ((H.DEGRADED,), H.DEGRADED, HealthReason.LATENCY),
        ((H.HEALTHY, H.UNHEALTHY), H.DEGRADED, HealthReason.INSTANCES_DIFFER),
        ((H.HEALTHY, H.OFFLINE), H.DEGRADED, HealthReason.INSTANCES_DIFFER),
        ((H.HEALTHY, H.UNKNOWN), H.DEGRADED, HealthReason.INSTANCES_DIFFER),
        ((H.UNHEALTHY, H.UNKNOWN), H.DEGRADED, HealthReason.INSTANCES_DIFFER),
        ((H.DEGRADED, H.UNHEALTHY), H.DEGRADED, HealthReason.INSTANCES_DIFFER),
    ],
)
def test_the_first_rule_that_holds_decides(
    found: tuple[Health, ...], health: Health, reason: HealthReason
) -> None:
    result = service_health(instance(each, f"chat-{n}") for n, each in enumerate(found))
    assert (result.health, result.reason) == (health, reason)


def test_every_combination_of_three_has_a_health_that_no_instance_contradicts() -> None:
    for found in combinations_with_replacement(H, 3):
        result = service_health(instance(each, f"chat-{n}") for n, each in enumerate(found))
        if result.health is H.HEALTHY:
            assert set(found) == {H.HEALTHY}
        if H.HEALTHY in found:
            assert result.health in (H.HEALTHY, H.DEGRADED)


def test_the_detail_is_that_of_the_only_instance() -> None:
    assert service_health([instance(H.DEGRADED, detail="p95 2512 ms")]).detail == "p95 2512 ms"


def test_the_detail_names_the_worst_of_several_and_counts_those_like_it() -> None:
    sick = [instance(H.UNHEALTHY, f"chat-{n}", detail=f"refused {n}") for n in (1, 2)]
    found = service_health([instance(H.HEALTHY, "chat-3"), *sick])
    assert found.detail == "2 of 3 instances UNHEALTHY, such as chat-1: refused 1"


def test_a_detail_is_made_of_the_reason_where_the_sidecar_gave_none() -> None:
    found = service_health([instance(H.OFFLINE, "chat-1"), instance(H.HEALTHY, "chat-2")])
    assert found.detail == "1 of 2 instances OFFLINE, such as chat-1: no contact"


def test_all_healthy_needs_no_detail() -> None:
    assert service_health([instance(H.HEALTHY, n) for n in ("a", "b")]).detail == ""


def test_a_record_that_says_so_already_stays_as_it_is() -> None:
    record = ServiceRecord(name="chat", health=H.HEALTHY, reason=HealthReason.HEALTHY, since=1.0)
    assert settle(record, [instance(H.HEALTHY)], NOW) is None


def test_another_health_begins_now() -> None:
    record = ServiceRecord(name="chat", health=H.HEALTHY, reason=HealthReason.HEALTHY, since=1.0)
    settled = settle(record, [instance(H.UNHEALTHY)], NOW)
    assert settled is not None
    assert (settled.health, settled.reason, settled.since) == (
        H.UNHEALTHY,
        HealthReason.ERROR_RATIO,
        NOW,
    )


def test_another_reason_alone_keeps_since() -> None:
    record = ServiceRecord(name="chat", health=H.DEGRADED, reason=HealthReason.LATENCY, since=1.0)
    degraded = instance(H.DEGRADED, reason=HealthReason.ERROR_RATIO)
    settled = settle(record, [degraded], NOW)
    assert settled is not None
    assert (settled.reason, settled.since) == (HealthReason.ERROR_RATIO, 1.0)
