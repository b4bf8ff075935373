"""Many services die at once: by themselves it is no restart's job; by our own faults it is."""

from __future__ import annotations

from pathlib import Path

from tagent_client.client import Client
from tagent_contract.faults import Error
from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState, Refusal
from tests.e2e.fleet import fleet
from tests.e2e.processes import eventually, holds
from tests.e2e.stack import FAST_POLICY, Stack, stack
from tests.fakes.webhook_receiver import webhook_receiver

SERVICES = 8
DYING = [f"svc-{number:03d}" for number in range(5)]


def settle(running: Stack, client: Client) -> None:
    eventually(
        "all to be healthy",
        lambda: [one.health for one in client.services()] == [Health.HEALTHY] * SERVICES,
    )
    for service in client.services():
        client.set_policy(service.name, FAST_POLICY)


def test_five_of_eight_die_by_themselves_one_escalation_no_restart(tmp_path: Path) -> None:
    with (
        webhook_receiver() as webhook,
        stack(tmp_path, TAGENT_WEBHOOK_URL=webhook.url, TAGENT_WEBHOOK_SECRET="s3cret") as running,
        fleet(running, SERVICES) as many,
        running.client() as client,
    ):
        settle(running, client)
        many.do(lambda: [many[name].become(Health.UNHEALTHY) for name in DYING])
        escalated = eventually(
            "the escalation",
            lambda: [one for one in client.incidents() if one.state is IncidentState.ESCALATED],
        )
        assert len(escalated) == 1
        held = eventually(
            "each to say why it waits",
            lambda: (
                (
                    found := [
                        one.held_back
                        for one in client.incidents(unresolved=True)
                        if one.service in DYING
                    ]
                )
                and all(found)
                and found
            ),
        )
        assert {one.reason for one in held if one} == {Refusal.STORM}
        holds("nobody is restarted", lambda: not any(one.restarts for one in many.sidecars), 2.0)
        assert len(webhook.received) == 1
        many.do(lambda: [many[name].become(Health.HEALTHY) for name in DYING])
        eventually("all to be resolved", lambda: not list(client.incidents(unresolved=True)))
        assert not any(one.restarts for one in many.sidecars)


def test_five_of_eight_die_by_injected_faults_and_are_healed(running: Stack) -> None:
    with fleet(running, SERVICES) as many, running.client() as client:
        settle(running, client)
        for name in DYING:
            client.inject(name, Error(ttl_s=120))
        eventually("all five to inject", lambda: many.active == len(DYING))
        many.do(lambda: [many[name].become(Health.UNHEALTHY) for name in DYING])
        eventually(
            "all five to be restarted", lambda: all(len(many[name].restarts) == 1 for name in DYING)
        )
        eventually("all to be resolved", lambda: not list(client.incidents(unresolved=True)))
        assert {one.state for one in client.incidents()} == {IncidentState.RESOLVED}
        assert [len(many[name].restarts) for name in DYING] == [1] * len(DYING)
