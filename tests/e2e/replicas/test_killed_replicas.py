"""Replicas are killed -9 at random while faults come and go: nothing acknowledged is lost, and nothing is done twice.

For 20 s; for as long as one likes with TAGENT_TEST_DRILL_S, which `make drill` sets to two minutes.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tagent_client.errors import TagentError
from tagent_contract.events import Event
from tagent_contract.faults import Crash, Error, Fault, Hang, Healing, Latency
from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState
from tests.e2e.processes import eventually
from tests.e2e.replicas.replicated_stack import ReplicatedStack, replicated

DRILL_S = float(os.environ.get("TAGENT_TEST_DRILL_S", "20"))
SERVICES = ("chat-service", "summary-service", "search-service")
FAULTS: tuple[Fault, ...] = (
    Latency(latency_ms=200, ttl_s=3, healing=Healing.SUPPRESS),
    Error(http_status=503, ttl_s=2, healing=Healing.SUPPRESS, probability=0.5),
    Latency(latency_ms=100, ttl_s=60, healing=Healing.SUPPRESS),
    Crash(),
    Hang(ttl_s=5),
)
ONCE = {
    "fault.armed",
    "fault.acknowledged",
    "fault.first_affected",
    "fault.ended",
    "fault.ending",
}
"""What happens to a fault on an instance at most once."""
ATTEMPT_ONCE = {"incident.decided", "incident.restarted", "incident.attempt_ended"}


@pytest.fixture
def two(tmp_path: Path, firestore_host: str) -> Iterator[ReplicatedStack]:
    with replicated(tmp_path, firestore_host) as one:
        yield one


@contextmanager
def meanwhile(*works: Callable[[threading.Event], None]) -> Iterator[None]:
    """Run the works beside the block, each until it is told to stop; what one of them raises fails the test."""
    stopping, failures = threading.Event(), list[BaseException]()

    def run(work: Callable[[threading.Event], None]) -> None:
        try:
            work(stopping)
        except BaseException as failure:  # noqa: BLE001  # raised again where the test sees it
            failures.append(failure)

    threads = [threading.Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stopping.set()
        for thread in threads:
            thread.join(60)
    if failures:
        raise failures[0]


def keep_killing(two: ReplicatedStack, rng: random.Random) -> Callable[[threading.Event], None]:
    """Kill one of them, let it come back, and go on: never both, as a balancer's pool is not lost at once."""

    def work(stopping: threading.Event) -> None:
        while not stopping.wait(rng.uniform(1.0, 3.0)):
            victim = rng.randrange(len(two.ports))
            two.platforms[victim].kill()
            time.sleep(rng.uniform(0.0, 1.0))
            two.start_replica(victim)

    return work


def keep_injecting(
    two: ReplicatedStack, rng: random.Random, known: list[str]
) -> Callable[[threading.Event], None]:
    """Inject, clear and halt by the balancer, whoever answers; note the faults that were answered with 201."""

    def work(stopping: threading.Event) -> None:
        with two.client() as client:
            while not stopping.wait(rng.uniform(0.1, 0.5)):
                service = rng.choice(SERVICES)
                try:
                    known.append(client.inject(service, rng.choice(FAULTS)).id)
                    if rng.random() < 0.2:
                        client.clear(service)
                    if rng.random() < 0.05:
                        client.halt("drill")
                        client.release()
                except TagentError:
                    # Refused, or answered by nobody: it may or may not have been done, and nobody was told that it was.
                    continue

    return work


def test_killed_replicas_lose_nothing_and_do_nothing_twice(two: ReplicatedStack) -> None:
    seed = random.SystemRandom().randrange(10_000)
    print("seed", seed)  # of what is done; when is up to the machine
    rng = random.Random(seed)
    sidecars = [two.start_sidecar(service) for service in SERVICES]
    known: list[str] = []
    with meanwhile(
        keep_killing(two, random.Random(rng.random())),
        keep_injecting(two, random.Random(rng.random()), known),
    ):
        time.sleep(DRILL_S)
    assert len(known) > DRILL_S / 5, "too few faults were taken for this to say anything"
    with two.client() as client:
        if client.halt_state().halted:
            client.release()
        for service in SERVICES:
            client.clear(service)
        for fault in known:
            eventually(f"fault {fault} to be over", lambda f=fault: client.fault(f).state.is_final)
        for service in SERVICES:
            two.wait_for_health(service, Health.HEALTHY, 60)
        eventually(
            "every incident to be over",
            lambda: all(
                brief.state is IncidentState.RESOLVED
                for service in SERVICES
                for brief in client.incidents(service=service)
            ),
            60,
        )
    for sidecar in sidecars:
        assert sidecar.status() == 200
    print(f"{len(known)} faults, {len(two.processes.started)} processes started")
    check(two, known)


def check(two: ReplicatedStack, known: list[str]) -> None:
    logs = [events_of(two, number) for number in range(len(two.ports))]
    shared = min(len(log) for log in logs)
    assert logs[0][:shared] == logs[1][:shared]
    log = max(logs, key=len)
    sequences: dict[str, list[int]] = {}
    for event in log:
        sequences.setdefault(event.service, []).append(event.sequence)
    assert {name: s for name, s in sequences.items() if s != list(range(1, len(s) + 1))} == {}
    happened = Counter(
        (event.type, event.fault, event.instance, event.data.get("boot_id"))
        for event in log
        if event.type in ONCE
    )
    happened.update(
        (event.type, event.data["attempt"])
        for event in log
        if event.type in ATTEMPT_ONCE and "attempt" in event.data
    )
    assert {what: times for what, times in happened.items() if times > 1} == {}
    assert set(known) <= {event.fault for event in log if event.type == "fault.armed"}
    with two.client() as client:
        for service in SERVICES:
            for brief in client.incidents(service=service):
                attempts = client.incident(brief.id).attempts
                assert [a.number for a in attempts] == list(range(1, len(attempts) + 1))


def events_of(two: ReplicatedStack, number: int) -> list[Event]:
    found: list[Event] = []
    with two.client_of(number) as client:
        while True:
            page, cursor = client.events(after=found[-1].cursor if found else None, limit=500)
            found += page
            if not page or cursor is None:
                return found
