"""Firestore cannot be reached for a while: requests do not notice, faults end, nobody is blamed, and all comes back by itself.

For 10 s with everything scaled down; for as long as one likes with TAGENT_TEST_AWAY_S.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tagent_client.errors import TagentError
from tagent_contract.faults import FaultState, Healing, Latency
from tagent_contract.health import Health
from tests.e2e.callers import calling
from tests.e2e.processes import eventually, free_port, holds
from tests.e2e.replicas.replicated_stack import ReplicatedStack, fault_state, replicated
from tests.e2e.stack import LEASE_S
from tests.fakes.balancer import Balancer, balancer

AWAY_S = float(os.environ.get("TAGENT_TEST_AWAY_S", "10"))
SLOW = Latency(latency_ms=400, ttl_s=600, healing=Healing.SUPPRESS)


@pytest.fixture
def road(firestore_host: str) -> Iterator[Balancer]:
    """What stands between the platforms and Firestore."""
    with balancer(free_port(), [int(firestore_host.rpartition(":")[2])]) as one:
        yield one


@pytest.fixture
def two(tmp_path: Path, road: Balancer) -> Iterator[ReplicatedStack]:
    with replicated(tmp_path, f"127.0.0.1:{road.port}") as one:
        yield one


def test_requests_flow_faults_end_and_nobody_is_blamed(
    two: ReplicatedStack, road: Balancer
) -> None:
    chat = two.start_sidecar("chat-service")
    two.start_sidecar("summary-service")
    with two.client_of(0) as one, two.client_of(1) as other, calling(chat.url) as callers:
        fault = one.inject("chat-service", SLOW)
        eventually("it to act", lambda: fault_state(other, fault.id) is FaultState.ACTIVE)
        eventually("a slow answer", lambda: any(each.took_s > 0.4 for each in callers.seen))
        road.cut()
        cut_at = time.monotonic()
        eventually(
            "the fault to end by its lease",
            lambda: [each for each in callers.since(time.monotonic() - 0.5) if each.took_s < 0.3],
            LEASE_S * 3,
        )
        # What is known is still answered, and what would change it is refused with a sentence.
        for client in (one, other):
            assert {each.name for each in client.services()} == {"chat-service", "summary-service"}
            with pytest.raises(TagentError, match="the store cannot be used now"):
                client.inject("summary-service", SLOW)
        holds(
            "everybody's health",
            lambda: all(
                each.health is not Health.OFFLINE
                for client in (one, other)
                for each in client.services()
            ),
            max(0.0, AWAY_S - (time.monotonic() - cut_at)),
        )
        road.mend()
        for number in (0, 1):
            eventually("it to be ready again", lambda number=number: two.is_ready(number), 60)
        ended = eventually(
            "its end to be known",
            lambda: (found := one.fault(fault.id)).state.is_final and found,
        )
        assert ended.end_reason == "lease_lost"
        eventually(
            "a new fault to be taken", lambda: inject_if_possible(two, "summary-service"), 30
        )
        assert callers.failed() == []
    # A busy machine may make a service slow, and that be said; nobody was taken for gone.
    told = [f"{event.at} {event.type} {event.text}" for event in two.events()]
    assert not [each for each in told if "is OFFLINE" in each], "\n".join(told)


def inject_if_possible(two: ReplicatedStack, service: str) -> bool:
    with two.client() as client:
        try:
            client.inject(service, Latency(latency_ms=10, ttl_s=1, healing=Healing.SUPPRESS))
        except TagentError:
            return False
    return True
