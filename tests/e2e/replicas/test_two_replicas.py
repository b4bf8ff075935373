"""Two platforms on one Firestore agree, whichever of them is asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tagent_client.client import Client
from tagent_contract.faults import FaultState, Healing, Latency
from tagent_contract.health import Health
from tests.e2e.processes import eventually
from tests.e2e.replicas.replicated_stack import ReplicatedStack, fault_state, replicated

SLOW = Latency(latency_ms=600, ttl_s=60, healing=Healing.SUPPRESS)


@pytest.fixture
def two(tmp_path: Path, firestore_host: str) -> Iterator[ReplicatedStack]:
    with replicated(tmp_path, firestore_host) as one:
        yield one


def test_faults_halts_healing_and_events_agree_whichever_is_asked(two: ReplicatedStack) -> None:
    chat = two.start_sidecar("chat-service")
    two.start_sidecar("summary-service")
    with two.client_of(0) as one, two.client_of(1) as other:
        # A fault asked for here acts on a sidecar that listens there, and both know of it.
        fault = one.inject("chat-service", SLOW)
        for client in (one, other):
            eventually(
                "the fault to be active",
                lambda client=client: fault_state(client, fault.id) is FaultState.ACTIVE,
            )
        other.halt("enough")
        for client in (one, other):
            eventually(
                "the fault to be over",
                lambda client=client: client.fault(fault.id).end_reason == "halted",
            )
        one.release()
        eventually("the release to be known", lambda: not other.halt_state().halted)
        # What kills the process is healed once, and told the same by both.
        with two.client() as any_of_them:
            crash = any_of_them.inject("chat-service", {"type": "hang", "ttl_s": 30})
        incident = two.wait_until_healed("chat-service", crash.id)
        assert len(incident.attempts) == 1
        two.wait_for_health("chat-service", Health.HEALTHY)
        assert chat.status() == 200
        for client in (one, other):
            eventually(
                "the same incident",
                lambda client=client: client.incident(incident.id).attempts == incident.attempts,
            )
            eventually(
                "its fault to be over", lambda client=client: client.fault(crash.id).state.is_final
            )
        eventually("both to say the same", lambda: healths(one) == healths(other))
        events = [client.events(limit=500)[0] for client in (one, other)]
        last = min(len(found) for found in events)
        assert events[0][:last] == events[1][:last]
        assert {event.type for event in events[0]} >= {"leader.changed", "incident.resolved"}


def healths(client: Client) -> dict[str, Health]:
    return {each.name: each.health for each in client.services()}
