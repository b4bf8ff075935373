"""A policy's own request has to be answered before a recovery counts."""

from __future__ import annotations

import dataclasses

import pytest

from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState, Outcome
from tagent_contract.policy import HealingPolicy, ServicePolicy, VerifyRequest
from tagent_platform.usecases.prove_recoveries import prove_recoveries
from tests.fakes.ward import Patient, Ward

REQUEST = VerifyRequest(path="/v1/answer", status=201)
POLICY = ServicePolicy(healing=HealingPolicy(verify=REQUEST))


class ScriptedVerifier:
    """Keeps the verifier port with answers a test has written down; None once they are used up."""

    def __init__(self, *failures: str | None) -> None:
        self.failures = list(failures)
        self.asked: list[tuple[str, VerifyRequest, float]] = []

    async def ask(self, address: str, request: VerifyRequest, timeout_s: float) -> str | None:
        self.asked.append((address, request, timeout_s))
        return self.failures.pop(0) if self.failures else None


async def healed(*failures: str | None) -> tuple[Ward, Patient, ScriptedVerifier]:
    ward, verifier = Ward(), ScriptedVerifier(*failures)
    ward.platform = dataclasses.replace(ward.platform, verifier=verifier)
    chat = await ward.admit(policy=POLICY)
    await chat.become(Health.UNHEALTHY)
    await ward.live(1.0)
    return ward, chat, verifier


async def live(ward: Ward, seconds: int) -> None:
    for _ in range(seconds):
        await ward.live(1.0)
        await prove_recoveries(ward.platform)
        await ward.look()


async def test_an_answer_completes_the_proof() -> None:
    ward, _, verifier = await healed()
    await live(ward, 12)
    assert ward.state() is IncidentState.RESOLVED
    assert verifier.asked == [("127.0.0.1:9001", REQUEST, 5.0)], "asked until it answered, once"


async def test_without_an_answer_health_alone_is_not_enough() -> None:
    ward, _, verifier = await healed(*["it was answered 500, not 201"] * 1000)
    await live(ward, 30)
    assert ward.state() is IncidentState.VERIFYING
    assert len(verifier.asked) >= 25
    await live(ward, 40)
    assert ward.incident().attempts[0].outcome is Outcome.STILL_SICK
    assert ward.state() is IncidentState.ESCALATED


async def test_an_answer_after_some_failures_counts() -> None:
    ward, _, _ = await healed("cut", "cut", None)
    await live(ward, 15)
    assert ward.state() is IncidentState.RESOLVED


async def test_it_is_not_asked_more_often_than_it_is_checked() -> None:
    ward, _, verifier = await healed("cut", "cut", "cut")
    assert await prove_recoveries(ward.platform)
    assert not await prove_recoveries(ward.platform)
    assert len(verifier.asked) == 1


async def test_nobody_is_asked_who_is_not_recovering() -> None:
    ward, verifier = Ward(), ScriptedVerifier()
    ward.platform = dataclasses.replace(ward.platform, verifier=verifier)
    await ward.admit(policy=POLICY)
    assert not await prove_recoveries(ward.platform)
    assert verifier.asked == []


async def test_another_start_has_to_prove_itself_anew() -> None:
    ward, chat, verifier = await healed()
    await live(ward, 5)
    assert len(verifier.asked) == 1
    chat.incarnation += 1
    await chat.say()
    await prove_recoveries(ward.platform)
    assert len(verifier.asked) == 2


@pytest.mark.parametrize("has_request", [False, True])
async def test_a_policy_without_a_request_is_proven_by_outside_checks(has_request: bool) -> None:
    ward = Ward()
    policy = POLICY if has_request else ServicePolicy()
    chat = await ward.admit(policy=policy)
    await chat.become(Health.UNHEALTHY)
    await ward.live(20.0)
    expected = IncidentState.VERIFYING if has_request else IncidentState.RESOLVED
    assert ward.state() is expected
