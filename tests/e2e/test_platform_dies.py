"""The platform is killed -9 while faults are active and reports arrive."""

from __future__ import annotations

import time

from tagent_contract.faults import Error, FaultState, Healing, Latency
from tagent_contract.health import Health
from tests.e2e.callers import calling
from tests.e2e.processes import eventually, holds
from tests.e2e.stack import LEASE_S, SIDECAR_ENV, Stack

SLOW = Latency(latency_ms=1000, ttl_s=60, healing=Healing.SUPPRESS)


def gaps_in_sequences(running: Stack) -> dict[str, list[int]]:
    """Return each service's sequence where it is not 1, 2, 3 ..."""
    by_service: dict[str, list[int]] = {}
    for event in running.events():
        by_service.setdefault(event.service, []).append(event.sequence)
    return {
        service: found
        for service, found in by_service.items()
        if sorted(found) != list(range(1, len(found) + 1))
    }


def test_faults_end_by_their_lease_requests_flow_and_nothing_acknowledged_is_lost(
    running: Stack,
) -> None:
    sidecar = running.start_sidecar("chat-service")
    other = running.start_sidecar("summary-service")
    with (
        running.client() as client,
        calling(sidecar.url) as callers,
        calling(other.url) as other_callers,
    ):
        fault = client.inject("chat-service", SLOW)
        eventually(
            "the fault to be active", lambda: client.fault(fault.id).state is FaultState.ACTIVE
        )
        eventually("a slow answer", lambda: any(one.took_s >= 1.0 for one in callers.seen))
        before = {event.cursor for event in running.events()}

        running.kill_platform()
        killed_at = time.monotonic()
        eventually(
            "answers to be fast again",
            lambda: [one for one in callers.since(time.monotonic() - 0.5) if one.took_s < 0.5],
            LEASE_S + 2,
        )
        assert time.monotonic() - killed_at < LEASE_S + 2
        down_for_s = 3.0
        time.sleep(down_for_s)
        # Shorter than the platform was away, so that silence before its return would count; a busy machine's since then does not.
        running.start_platform(TAGENT_OFFLINE_AFTER_S=str(LEASE_S + 2))

        ended = eventually(
            "its end to be known", lambda: (f := client.fault(fault.id)).state.is_final and f
        )
        assert ended.end_reason == "lease_lost"
        holds(
            "nobody is declared OFFLINE",
            lambda: running.health("summary-service") is Health.HEALTHY,
            2.0,
        )
        assert before <= {event.cursor for event in running.events()}
        assert gaps_in_sequences(running) == {}
        ends = [
            event
            for event in running.events()
            if event.type == "fault.ended" and event.fault == fault.id
        ]
        assert len(ends) == 1
        assert [event for event in running.events() if event.data.get("to") == "OFFLINE"] == []

        def filled_in() -> bool:
            points = client.series(
                "summary-service", "requests_per_s", window_s=30, step_s=1
            ).points
            known = [point for point in points if point.value]
            return (
                len(known)
                >= (LEASE_S + down_for_s) / float(SIDECAR_ENV["TAGENT_REPORT_INTERVAL_S"]) / 2
            )

        eventually("the figures of the time between to arrive", filled_in)
    assert other_callers.failed() == []
    assert callers.failed() == []
    assert other_callers.longest_gap_s() < 2


def test_old_sickness_is_not_healed_as_if_it_were_new(running: Stack) -> None:
    """Sick while the platform is away, well when it comes back: nothing to restart."""
    sidecar = running.start_sidecar("chat-service")
    with running.client() as client, calling(sidecar.url):
        before = client.service("chat-service").instances[0].incarnation
        client.inject("chat-service", Error(ttl_s=2.5, healing=Healing.ACT))
        eventually("the fault to be felt", lambda: sidecar.status() == 500)
        running.kill_platform()
        eventually("the fault to end", lambda: sidecar.status() == 200, LEASE_S + 3)
        time.sleep(3)
        running.start_platform()
        holds(
            "it is left alone",
            lambda: client.service("chat-service").instances[0].incarnation == before,
            2.0,
        )
        running.wait_for_health("chat-service", Health.HEALTHY)


def test_what_was_acknowledged_survives_kill_after_kill(running: Stack) -> None:
    running.start_sidecar("chat-service")
    acknowledged: list[str] = []
    for round_number in range(3):
        with running.client() as client:
            for status in (500 + 3 * round_number, 501 + 3 * round_number, 502 + 3 * round_number):
                fault = client.inject(
                    "chat-service",
                    Error(http_status=status, probability=0.0, ttl_s=60, healing=Healing.SUPPRESS),
                )
                acknowledged.append(fault.id)
                client.end_fault(fault.id)
                eventually("it to end", lambda fault=fault: client.fault(fault.id).state.is_final)
        running.kill_platform()
        running.start_platform()
    with running.client() as client:
        assert {fault.id for fault in client.faults(service="chat-service")} >= set(acknowledged)
    ended = [event.fault for event in running.events("chat-service") if event.type == "fault.ended"]
    assert sorted(ended) == sorted(acknowledged)
    assert gaps_in_sequences(running) == {}


def test_a_restart_in_progress_is_not_repeated_by_the_next_platform(running: Stack) -> None:
    sidecar = running.start_sidecar("chat-service", "--start-delay-s", "2")
    with running.client() as client, calling(sidecar.url):
        fault = client.inject("chat-service", Error(ttl_s=60))
        # Not when the attempt is written down: the order may still be given, and with nobody to give it the fault ends by its lease.
        eventually(
            "the old process to be gone",
            lambda: "incarnation 1 is gone" in sidecar.process.said(),
        )
        running.kill_platform()
        time.sleep(0.5)
        running.start_platform()
        eventually("its end", lambda: client.fault(fault.id).state.is_final)
        running.wait_for_health("chat-service", Health.HEALTHY)
        assert client.service("chat-service").instances[0].incarnation == "2"
        assert [len(found.attempts) for found in running.incidents("chat-service")] == [1]
