"""A sidecar is killed -9 in the middle of each fault type."""

from __future__ import annotations

from dataclasses import dataclass

import psutil
import pytest

from tagent_client.client import Client
from tagent_contract.faults import FAULT_KINDS, EndReason, FaultState, Healing
from tagent_contract.health import Health
from tagent_contract.incidents import Refusal
from tagent_contract.policy import HealingPolicy, Mode
from tests.e2e.processes import eventually, holds
from tests.e2e.stack import FAST_POLICY, Sidecar, Stack

TTL_S = 60
"""Of the faults, all of which must be in force before the first sidecar is killed."""
QUIET = type(FAST_POLICY)(
    health=FAST_POLICY.health, restart=FAST_POLICY.restart, healing=HealingPolicy(mode=Mode.OFF)
)


def descendants(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@dataclass
class Victim:
    """A service of its own with one fault, whose sidecar is killed."""

    kind: str
    sidecar: Sidecar
    fault_id: str
    family: list[psutil.Process]

    @property
    def service(self) -> str:
        return self.sidecar.service


@pytest.fixture
def victims(running: Stack) -> list[Victim]:
    """One for each fault type, side by side; each says that its fault is in force."""
    sidecars = {
        kind: running.start_sidecar(f"{kind.replace('_', '-')}-victim", policy=QUIET, wait=False)
        for kind in FAULT_KINDS
    }
    for sidecar in sidecars.values():
        running.wait_for_health(sidecar.service, Health.HEALTHY)
    with running.client() as client:
        return [broken(client, kind, sidecar) for kind, sidecar in sidecars.items()]


def broken(client: Client, kind: str, sidecar: Sidecar) -> Victim:
    parameters = {"bytes": 16 * 2**20} if kind == "memory" else {}
    wanted = FAULT_KINDS[kind](ttl_s=TTL_S, healing=Healing.SUPPRESS, **parameters)
    fault = client.inject(sidecar.service, wanted)
    eventually(
        f"{kind} to be acknowledged",
        lambda: client.fault(fault.id).targets[0].acked_at is not None,
    )
    return Victim(kind, sidecar, fault.id, descendants(sidecar.process.pid))


def test_the_fault_is_lost_and_nothing_stays_behind(running: Stack, victims: list[Victim]) -> None:
    for victim in victims:
        # With mode off a crashed one stays down.
        assert victim.family or victim.kind == "crash", f"{victim.kind}: the sidecar has no child"
        victim.sidecar.process.kill()
    for victim in victims:
        gone = f"the service and every helper of {victim.kind} to be gone"
        eventually(gone, lambda family=victim.family: all(map(ended, family)), 10)
        running.wait_for_health(victim.service, Health.OFFLINE, 15)
    with running.client() as client:
        for victim in victims:
            lost = eventually(
                f"the end of {victim.kind} to be known",
                lambda of=victim: (f := client.fault(of.fault_id)).state.is_final and f,
            )
            # A crash is done at once, so it had ended before the sidecar did.
            assert lost.state is FaultState.LOST or victim.kind == "crash", victim.kind
    for victim in victims:
        running.start_again(victim.sidecar)
    for victim in victims:
        running.wait_for_health(victim.service, Health.HEALTHY)
    holds(
        "no fault is armed again", lambda: {each.sidecar.status() for each in victims} == {200}, 1.0
    )
    with running.client() as client:
        for victim in victims:
            assert client.fault(victim.fault_id).targets[0].end_reason in {
                EndReason.SIDECAR_LOST, EndReason.LEASE_LOST, EndReason.RESTARTED, EndReason.MAX_COUNT,
            }, victim.kind  # fmt: skip
    ends = [event.fault for event in running.events() if event.type == "fault.ended"]
    assert sorted(map(str, ends)) == sorted(victim.fault_id for victim in victims)


def test_an_offline_instance_escalates_since_nobody_can_be_ordered(running: Stack) -> None:
    sidecar = running.start_sidecar("chat-service")
    sidecar.process.kill()
    running.wait_for_health("chat-service", Health.OFFLINE, 15)
    escalated = eventually(
        "an escalation",
        lambda: next(
            (i for i in running.incidents("chat-service") if i.state == "ESCALATED"), None
        ),
    )
    assert escalated.held_back is not None
    assert escalated.held_back.reason is Refusal.SIDECAR_UNREACHABLE
    running.start_again(sidecar)
    running.wait_for_health("chat-service", Health.HEALTHY)
    eventually(
        "it to be resolved", lambda: running.incidents("chat-service")[0].state == "RESOLVED"
    )
