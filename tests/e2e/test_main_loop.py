"""The main loop: a person breaks something, callers suffer, it is detected, healed, verified, and told as one timeline."""

from __future__ import annotations

import time

import pytest

from tagent_contract.faults import Crash, Error, FaultState, Hang, Healing, Latency
from tagent_contract.health import Health
from tagent_contract.incidents import Cause, IncidentState, IncidentView, Outcome, Refusal, Severity
from tagent_contract.policy import HealingPolicy, Mode
from tests.e2e.callers import calling
from tests.e2e.processes import eventually, holds
from tests.e2e.stack import FAST_POLICY, Stack


def kinds(incident: IncidentView) -> list[str]:
    return [entry.kind for entry in incident.timeline]


def assert_in_order(found: list[str], *expected: str) -> None:
    remaining = iter(found)
    missing = [kind for kind in expected if kind not in remaining]
    assert not missing, f"{missing} missing or out of order in {found}"


def incarnation(running: Stack, service: str) -> str:
    with running.client() as client:
        return client.service(service).instances[0].incarnation


def test_latency_degrades_ends_by_its_ttl_and_restarts_nothing(running: Stack) -> None:
    sidecar = running.start_sidecar("chat-service")
    with running.client() as client, calling(sidecar.url) as callers:
        before = incarnation(running, "chat-service")
        fault = client.inject("chat-service", Latency(latency_ms=1500, ttl_s=6, reason="game day"))
        assert fault.state is FaultState.PENDING
        running.wait_for_health("chat-service", Health.DEGRADED)
        incident = running.incidents("chat-service")[0]
        assert incident.severity is Severity.WARNING
        assert incident.cause is Cause.INJECTED
        ended = eventually(
            "the fault to end", lambda: (f := client.fault(fault.id)).state.is_final and f
        )
        assert ended.state is FaultState.EXPIRED
        assert ended.injected > 0
        assert ended.targets[0].first_affected_at is not None
        running.wait_for_health("chat-service", Health.HEALTHY)
        resolved = running.wait_for_incident("chat-service", IncidentState.RESOLVED)
        assert resolved.attempts == ()
        assert incarnation(running, "chat-service") == before
    slow = [one for one in callers.seen if one.took_s >= 1.5]
    assert len(slow) >= 3
    assert callers.failed() == []


def test_an_error_fault_is_detected_cured_by_a_restart_and_verified(running: Stack) -> None:
    sidecar = running.start_sidecar("chat-service")
    with running.client() as client, calling(sidecar.url) as callers:
        before = incarnation(running, "chat-service")
        fault = client.inject("chat-service", Error(http_status=503, ttl_s=60))
        incident = running.wait_for_incident("chat-service", IncidentState.RESOLVED)
        assert incident.cause is Cause.INJECTED
        assert incident.faults == (fault.id,)
        assert [attempt.outcome for attempt in incident.attempts] == [Outcome.VERIFIED]
        assert incident.mttd_s is not None
        assert incident.mttr_s is not None
        assert 0 <= incident.mttd_s < 30
        assert 0 < incident.mttr_s < 30
        assert_in_order(
            kinds(incident),
            "armed",
            "acknowledged",
            "first_affected",
            "detected",
            "decided",
            "restarted",
            "healthy",
            "verified",
        )
        assert [entry.at for entry in incident.timeline] == sorted(
            entry.at for entry in incident.timeline
        )
        ended = client.fault(fault.id)
        assert ended.state is FaultState.CLEARED
        assert ended.end_reason == "restarted"
        assert ended.injected > 0
        assert incarnation(running, "chat-service") != before
    assert any(one.result == 503 for one in callers.seen)
    assert callers.seen[-1].result == 200


def test_a_crash_is_back_at_once_by_its_sidecar_and_told_as_an_incident(running: Stack) -> None:
    sidecar = running.start_sidecar("chat-service")
    with running.client() as client:
        fault = client.inject("chat-service", Crash())
        eventually("the crash", lambda: client.fault(fault.id).injected == 1)
        incident = running.wait_for_incident("chat-service", IncidentState.RESOLVED)
        assert incident.cause is Cause.INJECTED
        assert_in_order(kinds(incident), "armed", "detected", "restarted", "healthy", "verified")
        assert incident.attempts == (), "an exit is the sidecar's alone"
        running.wait_for_health("chat-service", Health.HEALTHY)
    assert sidecar.status() == 200


def test_a_hang_is_seen_by_checks_and_cured_by_a_restart(running: Stack) -> None:
    sidecar = running.start_sidecar("chat-service")
    with running.client() as client:
        fault = client.inject("chat-service", Hang(ttl_s=60))
        eventually("callers to hang", lambda: sidecar.status(timeout_s=0.5) == "ReadTimeout")
        incident = running.wait_for_incident("chat-service", IncidentState.RESOLVED)
        assert [attempt.outcome for attempt in incident.attempts] == [Outcome.VERIFIED]
        assert client.fault(fault.id).end_reason == "restarted"
    assert sidecar.status() == 200


def test_mode_check_says_what_it_would_do_and_does_nothing(running: Stack) -> None:
    policy = type(FAST_POLICY)(
        health=FAST_POLICY.health,
        restart=FAST_POLICY.restart,
        healing=HealingPolicy(mode=Mode.CHECK, verify_hold_s=0.5),
    )
    sidecar = running.start_sidecar("chat-service", policy=policy)
    with running.client() as client, calling(sidecar.url):
        before = incarnation(running, "chat-service")
        client.inject("chat-service", Error(ttl_s=4))
        running.wait_for_health("chat-service", Health.UNHEALTHY)
        incident = running.wait_for_incident("chat-service", IncidentState.OPEN)
        held = eventually(
            "healing to say why it waits", lambda: client.incident(incident.id).held_back
        )
        assert held.reason is Refusal.MODE_CHECK
        decided = client.healing_pass(Mode.CHECK).decisions
        assert any(
            one.service == "chat-service" and one.remedy == "restart_instance" for one in decided
        )
        running.wait_for_health("chat-service", Health.HEALTHY)
        assert incarnation(running, "chat-service") == before
        assert running.incidents("chat-service")[0].attempts == ()


def test_observe_leaves_it_to_a_person_who_clicks_recover(running: Stack) -> None:
    sidecar = running.start_sidecar("chat-service")
    with running.client() as client, calling(sidecar.url):
        fault = client.inject("chat-service", Error(ttl_s=120, healing=Healing.OBSERVE))
        running.wait_for_health("chat-service", Health.UNHEALTHY)
        incident = running.wait_for_incident("chat-service", IncidentState.OPEN)
        held = eventually(
            "healing to say why it waits", lambda: client.incident(incident.id).held_back
        )
        assert held.reason is Refusal.FAULT_OBSERVED
        holds(
            "nothing is restarted", lambda: running.incidents("chat-service")[0].attempts == (), 1.0
        )
        recovering = client.recover("chat-service", reason="I saw enough")
        assert recovering.id == incident.id
        running.wait_for_incident("chat-service", IncidentState.RESOLVED)
        assert client.fault(fault.id).state is FaultState.CLEARED
        running.wait_for_health("chat-service", Health.HEALTHY)
    recovered = [
        event
        for event in running.events("chat-service")
        if "I saw enough" in event.text or "I saw enough" in str(event.data)
    ]
    assert recovered, "a person's action is in the log with its reason"


def test_suppress_opens_no_incident(running: Stack) -> None:
    sidecar = running.start_sidecar("chat-service")
    with running.client() as client, calling(sidecar.url):
        client.inject("chat-service", Error(ttl_s=3, healing=Healing.SUPPRESS))
        running.wait_for_health("chat-service", Health.UNHEALTHY)
        running.wait_for_health("chat-service", Health.HEALTHY)
    assert running.incidents("chat-service") == []


@pytest.mark.parametrize("remedy", ["restart", "recover"])
def test_a_person_may_restart_what_is_healthy(running: Stack, remedy: str) -> None:
    running.start_sidecar("chat-service")
    before = incarnation(running, "chat-service")
    with running.client() as client:
        started = time.monotonic()
        getattr(client, remedy)("chat-service", reason="new configuration")
        eventually("a new incarnation", lambda: incarnation(running, "chat-service") != before)
        incident = running.wait_for_incident("chat-service", IncidentState.RESOLVED)
        assert incident.cause is Cause.MANUAL
        assert time.monotonic() - started < 30
