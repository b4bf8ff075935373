"""One pass, now."""

from __future__ import annotations

import pytest

from tagent_contract.health import Health
from tagent_contract.policy import HealingPolicy, Mode, ServicePolicy
from tagent_contract.services import HealingDecision
from tagent_platform.usecases.errors import InvalidError
from tagent_platform.usecases.run_healing_pass import run_healing_pass
from tests.fakes.house import OPERATOR, UNHEALTHY
from tests.fakes.ward import Ward


@pytest.fixture
def ward() -> Ward:
    return Ward()


async def decisions(ward: Ward, mode: Mode) -> dict[str, HealingDecision]:
    found = await run_healing_pass(ward.platform, mode=mode, actor=OPERATOR)
    assert found.mode == mode.value
    return {str(one.instance): one for one in found.decisions}


async def test_a_check_says_what_would_be_done_and_leaves_no_trace(ward: Ward) -> None:
    chat = await ward.admit()
    await ward.admit("shop-1", "shop")
    await chat.become(Health.UNHEALTHY)
    before = await ward.store.changed(-1)
    found = await decisions(ward, Mode.CHECK)
    assert await ward.store.changed(-1) == before
    sick, well = found["chat-1"], found["shop-1"]
    assert (sick.decision, sick.remedy, sick.reason) == ("hold", "restart_instance", "mode_check")
    assert sick.text == "mode check: would restart chat-1"
    assert (well.decision, well.remedy) == ("none", None)


async def test_a_heal_does_what_the_loop_would_do_in_the_name_of_who_asked(ward: Ward) -> None:
    chat = await ward.admit()
    await chat.become(Health.UNHEALTHY)
    found = await decisions(ward, Mode.HEAL)
    assert (found["chat-1"].decision, found["chat-1"].remedy) == ("act", "restart_instance")
    assert found["chat-1"].incident == ward.incident().id
    assert [attempt.by for attempt in ward.incident().attempts] == ["olga"]
    again = await decisions(ward, Mode.HEAL)
    assert (again["chat-1"].decision, again["chat-1"].reason) == ("hold", "target_locked")
    await ward.beat()
    assert len(chat.restarts) == 1


async def test_a_heal_does_not_go_round_a_services_own_mode(ward: Ward) -> None:
    chat = await ward.admit(policy=ServicePolicy(healing=HealingPolicy(mode=Mode.CHECK)))
    await chat.become(Health.UNHEALTHY)
    found = await decisions(ward, Mode.HEAL)
    assert found["chat-1"].reason == "mode_check"
    assert chat.restarts == []


async def test_a_wait_says_until_when(ward: Ward) -> None:
    chat = await ward.admit()
    await chat.exit(held_s=30.0)
    found = (await decisions(ward, Mode.HEAL))["chat-1"]
    assert (found.decision, found.reason) == ("wait", "back_off")
    assert found.until is not None


async def test_an_escalation_says_so(ward: Ward) -> None:
    sidecar = ward.sidecar()
    await sidecar.report(supervised=False)
    await ward.clock.advance(1.0)
    await sidecar.report(supervised=False, state=UNHEALTHY)
    found = (await decisions(ward, Mode.HEAL))["chat-1"]
    assert (found.decision, found.reason) == ("wait", "not_supervised")
    for _ in range(
        12
    ):  # As long as a restart may take, whatever runs it may help; reports keep it in contact.
        await ward.clock.advance(5.0)
        await sidecar.report(supervised=False, state=UNHEALTHY)
    found = (await decisions(ward, Mode.HEAL))["chat-1"]
    assert (found.decision, found.remedy, found.reason) == (
        "escalate",
        "escalate",
        "not_supervised",
    )


async def test_off_is_no_pass(ward: Ward) -> None:
    with pytest.raises(InvalidError) as wrong:
        await run_healing_pass(ward.platform, mode=Mode.OFF, actor=OPERATOR)
    assert wrong.value.path == "$.mode"
