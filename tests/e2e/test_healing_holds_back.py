"""Healing that would make it worse holds back: crash loops, failures outside, slow starters, storms."""

from __future__ import annotations

from pathlib import Path

from tagent_contract.faults import Error, FaultState, Scope
from tagent_contract.health import Health, HealthReason
from tagent_contract.incidents import Cause, IncidentState
from tagent_contract.policy import HealthPolicy, RestartPolicy, ServicePolicy
from tests.e2e.callers import calling
from tests.e2e.processes import eventually, holds
from tests.e2e.stack import FAST_POLICY, Stack, stack
from tests.fakes.webhook_receiver import webhook_receiver


def test_a_crash_loop_backs_off_gives_up_and_calls_a_person(tmp_path: Path) -> None:
    with (
        webhook_receiver(refuse_next=1) as webhook,
        stack(tmp_path, TAGENT_WEBHOOK_URL=webhook.url, TAGENT_WEBHOOK_SECRET="s3cret") as running,
    ):
        running.start_sidecar("chat-service", "--exit-after-s", "0.3", wait=False)
        escalated = running.wait_for_incident("chat-service", IncidentState.ESCALATED, 60)
        assert escalated.cause is Cause.ORGANIC
        assert escalated.held_back is not None
        assert escalated.held_back.until is not None, "everyone can read until when"
        with running.client() as client:
            instance = client.service("chat-service").instances[0]
            assert instance.reason is HealthReason.GAVE_UP
            starts = int(instance.incarnation)
        assert starts == 1 + FAST_POLICY.restart.intensity
        exits = [
            event for event in running.events("chat-service") if event.type == "process.exited"
        ]
        assert len(exits) == starts
        holds("nobody restarts it", lambda: running.health("chat-service") is Health.UNHEALTHY, 2.0)
        message = eventually(
            "the webhook", lambda: webhook.received and webhook.received[0]
        ).message
        assert "chat-service" in message["text"]
        assert len(webhook.received) == 1, "one escalation, one message"


def test_a_failure_outside_that_no_restart_cures_escalates_without_a_loop(running: Stack) -> None:
    sidecar = running.start_sidecar("chat-service")
    with running.client() as client, calling(sidecar.url) as callers:
        fault = client.inject("chat-service", Error(ttl_s=40, scope=Scope.SERVICE))
        running.wait_for_incident("chat-service", IncidentState.ESCALATED, 60)
        attempts = running.incidents("chat-service")[0].attempts
        assert 1 <= len(attempts) <= FAST_POLICY.restart.intensity
        incarnation = client.service("chat-service").instances[0].incarnation
        assert client.fault(fault.id).state is FaultState.ACTIVE, "a restart does not end it"
        holds(
            "it is left alone",
            lambda: client.service("chat-service").instances[0].incarnation == incarnation,
            3.0,
        )
        client.end_fault(fault.id)
        running.wait_for_health("chat-service", Health.HEALTHY)
        running.wait_for_incident("chat-service", IncidentState.RESOLVED)
    assert any(one.result == 500 for one in callers.seen)


def test_a_slow_starter_is_not_restarted_while_it_starts(running: Stack) -> None:
    slow = ServicePolicy(
        health=HealthPolicy(**{**_fields(FAST_POLICY.health), "startup_timeout_s": 20.0}),
        restart=RestartPolicy(stop_grace_s=1.0),
        healing=FAST_POLICY.healing,
    )
    running.start_sidecar("chat-service", "--start-delay-s", "4", policy=slow, wait=False)
    running.wait_for_health("chat-service", Health.HEALTHY)
    with running.client() as client:
        assert client.service("chat-service").instances[0].incarnation == "1"
    assert running.incidents("chat-service") == []
    assert [event for event in running.events() if event.type == "process.exited"] == []


def _fields(value: HealthPolicy) -> dict[str, float]:
    return {name: getattr(value, name) for name in value.__struct_fields__}
