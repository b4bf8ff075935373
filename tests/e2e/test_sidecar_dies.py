"""A sidecar is killed -9 in the middle of each fault type."""

from __future__ import annotations

import psutil
import pytest

from tagent_contract.faults import FAULT_KINDS, EndReason, FaultState, Healing
from tagent_contract.health import Health
from tagent_contract.incidents import Refusal
from tagent_contract.policy import HealingPolicy, Mode
from tests.e2e.processes import eventually, holds
from tests.e2e.stack import FAST_POLICY, Stack

QUIET = type(FAST_POLICY)(
    health=FAST_POLICY.health, restart=FAST_POLICY.restart, healing=HealingPolicy(mode=Mode.OFF)
)


def descendants(pid: int) -> list[psutil.Process]:
    return psutil.Process(pid).children(recursive=True)


def ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("kind", FAULT_KINDS)
def test_the_fault_is_lost_and_nothing_stays_behind(running: Stack, kind: str) -> None:
    sidecar = running.start_sidecar("chat-service", policy=QUIET)
    parameters = {"bytes": 16 * 2**20} if kind == "memory" else {}
    fault_value = FAULT_KINDS[kind](ttl_s=4, healing=Healing.SUPPRESS, **parameters)
    with running.client() as client:
        fault = client.inject("chat-service", fault_value)
        eventually(
            "the sidecar to acknowledge",
            lambda: client.fault(fault.id).targets[0].acked_at is not None,
        )
        family = descendants(sidecar.process.pid)
        assert family or kind == "crash", (
            "the service is the sidecar's child; with mode off a crashed one stays down"
        )
        sidecar.process.kill()
        eventually("the service and every helper to be gone", lambda: all(map(ended, family)), 10)
        running.wait_for_health("chat-service", Health.OFFLINE, 15)
        lost = eventually(
            "its end to be known", lambda: (f := client.fault(fault.id)).state.is_final and f
        )
        # A crash is done at once, so it had ended before the sidecar did.
        assert lost.state is FaultState.LOST or kind == "crash"
        running.start_again(sidecar)
        running.wait_for_health("chat-service", Health.HEALTHY)
        holds("no fault is armed again", lambda: sidecar.status() == 200, 1.0)
        assert client.fault(fault.id).targets[0].end_reason in {
            EndReason.SIDECAR_LOST, EndReason.LEASE_LOST, EndReason.TTL, EndReason.RESTARTED, EndReason.MAX_COUNT,
        }  # fmt: skip
        assert [event.fault for event in running.events() if event.type == "fault.ended"] == [
            fault.id
        ]


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
