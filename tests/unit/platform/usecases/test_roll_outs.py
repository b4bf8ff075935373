"""Whole stories of a service that is restarted by a new revision, as on Cloud Run."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from typing_extensions import override

from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState, Outcome, Refusal, Remedy
from tagent_contract.problems import ConflictReason
from tagent_contract.reports import Place
from tagent_platform.adapters.runtime.process import ProcessRuntime
from tagent_platform.core.records import ServiceRecord
from tagent_platform.ports.runtime import (
    PermissionMissingError,
    RuntimeFailureError,
    TrafficPinnedError,
    UnreachableError,
)
from tagent_platform.usecases.carry_out_attempts import carry_out_attempts
from tagent_platform.usecases.errors import RefusedError
from tagent_platform.usecases.follow_roll_outs import follow_roll_outs
from tagent_platform.usecases.heal_services import heal_services
from tagent_platform.usecases.read_logs import read_logs
from tagent_platform.usecases.recover_service import recover_service
from tagent_platform.usecases.restart_service import restart_service
from tests.fakes.house import OPERATOR
from tests.fakes.rolling_runtime import RollingRuntime
from tests.fakes.ward import Patient, Ward

H = Health


class RollingWard(Ward):
    """A ward whose instances are of revisions, and whose platform is beside a runtime that rolls out."""

    def __init__(self, **limits: Any) -> None:
        self.runtime = RollingRuntime()
        super().__init__(**limits)

    @override
    def start(self) -> Any:
        super().start()
        self.platform = dataclasses.replace(self.platform, runtime=self.runtime)
        return self.platform

    async def instance_of(
        self, revision: str, name: str, health: Health = H.HEALTHY, *, supervised: bool = False
    ) -> Patient:
        """Let an instance of a revision register."""
        patient = Placed(self, self.sidecar(name), revision, supervised=supervised)
        self.patients[patient.sidecar.key] = patient
        await patient.become(health)
        return patient

    async def goodbye(self, name: str) -> None:
        await self.patients.pop(f"chat/{name}").say(goodbye=True)

    @override
    async def look(self) -> None:
        await super().look()
        await follow_roll_outs(self.platform)
        await super().look()

    @property
    def orders(self) -> list[str]:
        return [order.rpartition(" ")[0] or order for order in self.runtime.orders]

    def record(self) -> ServiceRecord:
        held = self.store.get(ServiceRecord, "chat")
        assert held is not None
        return held.record


class Placed(Patient):
    """A patient whose sidecar says where it runs."""

    def __init__(self, ward: Ward, sidecar: Any, revision: str, *, supervised: bool) -> None:
        super().__init__(ward, sidecar)
        self.said = {
            "place": Place(runtime="cloud_run", service="chat", revision=revision),
            "supervised": supervised,
        }

    @override
    async def say(self, **said: Any) -> None:
        await super().say(**{**self.said, **said})


@pytest.fixture
def ward() -> RollingWard:
    return RollingWard()


async def all_sick(ward: RollingWard, count: int = 2) -> list[Patient]:
    """Let a service serve for a while, and then fall sick as a whole."""
    patients = [await ward.instance_of("r1", f"old-{n}") for n in range(count)]
    await ward.live(2.0)
    for patient in patients:
        await patient.become(H.UNHEALTHY)
    return patients


async def test_a_service_that_is_sick_as_a_whole_gets_one_new_revision_and_is_verified_by_it(
    ward: RollingWard,
) -> None:
    await all_sick(ward)
    await ward.live(2.0)
    assert ward.orders == ["restart service"]
    assert ward.state() is IncidentState.REMEDIATING
    new = await ward.instance_of("r2", "new-1", H.UNKNOWN)
    ward.runtime.succeed()
    await ward.live(2.0)
    assert ward.instance("old-0").retired
    assert not ward.instance("new-1").retired
    await ward.goodbye("old-0")
    await new.become(H.HEALTHY)
    await ward.live(12.0)

    incident = await ward.view()
    assert incident.state is IncidentState.RESOLVED
    (attempt,) = incident.attempts
    assert (attempt.remedy, attempt.outcome) == (Remedy.RESTART_SERVICE, Outcome.VERIFIED)
    assert attempt.roll_out is not None
    assert attempt.roll_out.revision == "r2"
    told = [line.text for line in incident.timeline if line.kind == "roll_out"]
    assert told == ["r2: it is made", "r2: it serves"]
    texts = [line.text for line in incident.timeline]
    assert any(text.startswith("revision r2 serves") for text in texts)
    # old-1 lingers, sick and without traffic: it counts for nothing, and starts nothing.
    assert ward.record().health is H.HEALTHY
    assert ward.orders == ["restart service"]


async def test_one_sick_instance_among_healthy_ones_is_left_to_the_runtime(
    ward: RollingWard,
) -> None:
    sick, *_ = [await ward.instance_of("r1", f"old-{n}") for n in range(3)]
    await ward.live(2.0)
    await sick.become(H.UNHEALTHY)
    await ward.live(60.0)
    assert ward.orders == []
    held = (await ward.view()).held_back
    assert held is not None
    assert held.reason is Refusal.LAST_HEALTHY
    assert "all 3 instances of chat, which is not down as a whole" in held.text
    await sick.become(H.HEALTHY)
    await ward.live(12.0)
    assert ward.state() is IncidentState.RESOLVED


@pytest.mark.parametrize("other", [H.DEGRADED, H.UNKNOWN])
async def test_nor_where_others_serve_slowly_or_start(ward: RollingWard, other: Health) -> None:
    sick, slow = [await ward.instance_of("r1", f"old-{n}") for n in range(2)]
    await ward.live(2.0)
    await slow.become(other)
    await sick.become(H.UNHEALTHY)
    await ward.live(10.0)
    assert ward.orders == []


async def test_silence_alone_deploys_nothing_and_calls_a_person(ward: RollingWard) -> None:
    await ward.instance_of("r1", "old-0")
    await ward.live(2.0)
    ward.patients.clear()
    await ward.live(30.0)
    assert ward.record().health is H.OFFLINE
    assert ward.orders == []
    incident = await ward.view()
    assert incident.state is IncidentState.ESCALATED
    assert incident.held_back is not None
    assert incident.held_back.reason is Refusal.SIDECAR_UNREACHABLE


async def test_a_failed_roll_out_goes_on_to_a_roll_back_that_ends_when_a_mended_revision_is_ready(
    ward: RollingWard,
) -> None:
    await ward.instance_of("r1", "first")
    await ward.live(1.0)
    await ward.goodbye("first")
    ward.runtime.revisions, ward.runtime.serving = ["r1", "r2"], "r2"
    bad = await ward.instance_of("r2", "bad")
    await ward.live(2.0)
    assert ward.record().good_revisions == ("r1", "r2")
    await bad.become(H.UNHEALTHY)
    await ward.live(2.0)
    ward.runtime.fail()
    await ward.live(3.0)
    assert ward.orders == ["restart service", "roll back"]
    ward.runtime.succeed()
    await ward.instance_of("r1", "again")
    await ward.live(14.0)

    incident = await ward.view()
    assert incident.state is IncidentState.RESOLVED
    assert [(a.remedy, a.outcome) for a in incident.attempts] == [
        (Remedy.RESTART_SERVICE, Outcome.FAILED),
        (Remedy.ROLL_BACK, Outcome.VERIFIED),
    ]
    assert "the container failed to start" in incident.attempts[0].detail
    assert ward.record().roll_back == ward.runtime.held
    assert ward.record().good_revisions == ("r1",), "what was rolled back from was not good"
    (held,) = await ward.events("traffic.held")
    assert "held on revision r1, away from r2" in held.text

    await ward.live(20.0)
    assert "undo" not in ward.orders
    ward.runtime.mended_by = "r4"
    await ward.live(20.0)
    assert ward.orders[2:] == ["undo"]
    assert ward.record().roll_back is None
    assert len(await ward.events("traffic.released")) == 1


async def test_when_the_roll_back_does_not_help_a_person_is_called(ward: RollingWard) -> None:
    await all_sick(ward)
    await ward.live(2.0)
    ward.runtime.fail()
    await ward.live(3.0)
    ward.runtime.fail("nor does that")
    await ward.live(3.0)
    incident = await ward.view()
    assert incident.state is IncidentState.ESCALATED
    assert [a.outcome for a in incident.attempts] == [Outcome.FAILED, Outcome.FAILED]
    await ward.live(60.0)
    assert ward.orders == ["restart service", "roll back"]


async def test_traffic_that_is_pinned_goes_on_to_the_roll_back(ward: RollingWard) -> None:
    ward.runtime.refusals = [TrafficPinnedError("pinned")]
    await all_sick(ward)
    await ward.live(3.0)
    assert ward.orders == ["roll back"]


async def test_a_right_that_is_missing_is_told_at_once_and_tried_again_when_a_person_says(
    ward: RollingWard,
) -> None:
    ward.runtime.refusals = [PermissionMissingError("give it roles/run.developer")]
    await all_sick(ward)
    await ward.live(60.0)
    assert ward.orders == []
    incident = await ward.view()
    assert incident.state is IncidentState.ESCALATED
    assert incident.held_back is not None
    assert "roles/run.developer" in incident.held_back.text
    assert len(incident.attempts) == 1
    await recover_service(ward.platform, service="chat", actor=OPERATOR)
    await ward.live(2.0)
    assert ward.orders == ["restart service"]


async def test_what_may_pass_is_tried_again_after_a_while(ward: RollingWard) -> None:
    ward.runtime.refusals = [RuntimeFailureError("a hiccup")]
    await all_sick(ward)
    await ward.live(5.0)
    assert ward.orders == []
    await ward.live(10.0)
    assert ward.orders == ["restart service"]


async def test_an_order_without_an_answer_is_asked_for_again_under_the_same_id(
    ward: RollingWard,
) -> None:
    ward.runtime.refusals = [UnreachableError("away") for _ in range(20)]
    await all_sick(ward)
    await ward.live(30.0)
    assert ward.orders == ["restart service"]
    assert len((await ward.view()).attempts) == 1


async def test_an_order_that_is_never_answered_has_failed_in_the_end() -> None:
    ward = RollingWard(unanswered_order_s=10.0)
    ward.runtime.refusals = [UnreachableError("away") for _ in range(60)]
    await all_sick(ward)
    await ward.live(15.0)
    first, *_ = (await ward.view()).attempts
    assert (first.outcome, first.detail) == (Outcome.FAILED, "away")


async def test_a_new_revision_that_is_sick_too_is_not_replaced_before_it_was_judged(
    ward: RollingWard,
) -> None:
    for old in await all_sick(ward):
        del ward.patients[old.sidecar.key]
    await ward.live(2.0)
    ward.runtime.succeed()
    await ward.instance_of("r2", "new-1", H.UNHEALTHY)
    await ward.live(55.0)
    assert ward.orders == ["restart service"]
    await ward.live(20.0)
    assert (await ward.view()).attempts[0].outcome is Outcome.STILL_SICK
    assert ward.orders == ["restart service", "restart service"]


async def test_an_order_for_which_there_is_no_runtime_any_more_is_given_up(
    ward: RollingWard,
) -> None:
    await all_sick(ward)
    await ward.clock.advance(1.0)
    await heal_services(ward.platform)
    assert ward.incident().attempts[0].acted_at is None
    # Somebody started the platform with another runtime.
    ward.platform = dataclasses.replace(ward.platform, runtime=ProcessRuntime(ward.store))
    for name in ("old-0", "old-1"):
        ward.patients[f"chat/{name}"].said["supervised"] = True  # type: ignore[attr-defined]
    await ward.live(30.0)
    assert ward.incident().attempts[0].outcome is Outcome.NOT_ACKNOWLEDGED


async def test_a_restarted_platform_follows_on_and_orders_nothing_again(ward: RollingWard) -> None:
    await all_sick(ward)
    await ward.live(2.0)
    ward.start()
    await ward.live(3.0)
    await ward.goodbye("old-0")
    await ward.goodbye("old-1")
    await ward.instance_of("r2", "new-1")
    ward.runtime.succeed()
    await ward.live(14.0)
    assert ward.orders == ["restart service"]
    assert ward.state() is IncidentState.RESOLVED


async def test_a_platform_that_died_before_it_knew_asks_again_under_the_same_id(
    ward: RollingWard,
) -> None:
    await all_sick(ward)
    await ward.clock.advance(1.0)
    await super(RollingWard, ward).tick()
    await heal_services(ward.platform)
    (attempt,) = ward.incident().attempts
    assert attempt.acted_at is None
    # The order went out, and the platform died before it could write that down.
    await ward.runtime.restart([], attempt.id, whole_service=True)
    ward.start()
    await carry_out_attempts(ward.platform)
    assert ward.runtime.orders == [f"restart service {attempt.id}"]
    assert ward.incident().attempts[0].roll_out is not None


async def test_a_runtime_out_of_reach_is_asked_until_it_is_back(ward: RollingWard) -> None:
    await all_sick(ward)
    await ward.live(2.0)
    ward.runtime.is_away = True
    await ward.live(30.0)
    assert ward.state() is IncidentState.REMEDIATING
    ward.runtime.is_away = False
    ward.runtime.succeed()
    await ward.instance_of("r2", "new-1")
    await ward.live(14.0)
    assert ward.state() is IncidentState.RESOLVED


async def test_a_roll_out_without_an_end_has_failed_after_its_time() -> None:
    ward = RollingWard(roll_out_within_s=30.0)
    await all_sick(ward)
    await ward.live(35.0)
    assert ward.orders == ["restart service", "roll back"]
    assert "did not end within 30 s" in (await ward.view()).attempts[0].detail


async def test_a_revision_that_nobody_hears_of_is_not_verified(ward: RollingWard) -> None:
    await all_sick(ward)
    await ward.live(2.0)
    ward.runtime.succeed()
    await ward.live(100.0)
    first = (await ward.view()).attempts[0]
    assert first.outcome is Outcome.STILL_SICK
    assert "no sidecar of it was heard" in first.detail


async def test_a_person_recovers_a_service_of_which_some_are_healthy(ward: RollingWard) -> None:
    sick, _ = [await ward.instance_of("r1", f"old-{n}") for n in range(2)]
    await ward.live(2.0)
    await sick.become(H.UNHEALTHY)
    await recover_service(ward.platform, service="chat", actor=OPERATOR, reason="now")
    await ward.live(1.0)
    assert ward.orders == ["restart service"]
    decided = [line for line in (await ward.view()).timeline if line.kind == "decided"]
    assert "a new revision, which replaces all 2 instances" in decided[-1].text


async def test_one_instance_of_several_cannot_be_restarted_alone(ward: RollingWard) -> None:
    for n in range(2):
        await ward.instance_of("r1", f"old-{n}")
    await ward.live(2.0)
    with pytest.raises(RefusedError, match="cannot be restarted alone") as refused:
        await restart_service(ward.platform, service="chat", actor=OPERATOR, instance="old-0")
    assert refused.value.reason is ConflictReason.UNSUPPORTED
    assert ward.orders == []


async def test_an_instance_whose_sidecar_is_its_parent_is_restarted_by_it(
    ward: RollingWard,
) -> None:
    sick = await ward.instance_of("r1", "old-0", supervised=True)
    await ward.instance_of("r1", "old-1", supervised=True)
    await ward.live(2.0)
    await sick.become(H.UNHEALTHY)
    await ward.live(2.0)
    assert ward.runtime.orders == ["restart old-0"]


async def test_an_instance_of_a_retired_revision_is_forgotten_once_it_is_silent(
    ward: RollingWard,
) -> None:
    await all_sick(ward, 1)
    await ward.live(2.0)
    await ward.instance_of("r2", "new-1")
    ward.runtime.succeed()
    await ward.live(2.0)
    del ward.patients["chat/old-0"]
    await ward.live(16.0)
    assert list(ward.platform.fleet.instances_of("chat")) == ["new-1"]


async def test_an_instance_that_was_killed_is_forgotten_soon_since_another_takes_its_place(
    ward: RollingWard,
) -> None:
    for n in range(2):
        await ward.instance_of("r1", f"old-{n}")
    await ward.live(2.0)
    del ward.patients["chat/old-0"]
    await ward.live(40.0)
    assert ward.instance("old-0").health is H.OFFLINE
    await ward.live(40.0)
    assert list(ward.platform.fleet.instances_of("chat")) == ["old-1"]
    assert ward.state() is IncidentState.RESOLVED
    assert ward.orders == []


async def test_nobody_is_asked_about_services_of_one_revision(ward: RollingWard) -> None:
    await ward.instance_of("r1", "old-0")
    await ward.live(30.0)
    assert ward.runtime.asked == 0


async def test_lines_that_no_sidecar_sends_are_the_runtimes(ward: RollingWard) -> None:
    await ward.instance_of("r1", "old-0")
    (line,) = await read_logs(ward.platform, service="chat")
    assert line.text == "kept elsewhere"
