"""Which remedies there are, and whose turn it is."""

from __future__ import annotations

from tagent_contract.health import Health
from tagent_contract.incidents import Remedy
from tagent_platform.core.backoff import Allowed, BackingOff, UsedUp
from tagent_platform.core.incidents.records import AttemptRecord
from tagent_platform.core.ladder import Remedies, next_rung, rungs_for
from tagent_platform.core.records import InstanceRecord
from tests.fakes.clinic import instance, rung

ALL = Remedies(roll_back=True)


def remedies_for(
    *live: InstanceRecord, remedies: Remedies = ALL, attempts: tuple[AttemptRecord, ...] = ()
) -> list[tuple[Remedy, tuple[str, ...]]]:
    by_name = {each.name: each for each in live}
    rungs = rungs_for(live[0], by_name, remedies, lambda _: Allowed(1), attempts)
    return [(each.remedy, each.targets) for each in rungs]


def test_restarting_the_service_of_one_instance_equals_restarting_the_instance() -> None:
    assert remedies_for(instance()) == [
        (Remedy.RESTART_INSTANCE, ("chat-1",)),
        (Remedy.ROLL_BACK, ("chat-1",)),
    ]


def test_all_rungs_for_a_service_that_is_down() -> None:
    both = ("chat-1", "chat-2")
    assert remedies_for(instance(), instance(name="chat-2")) == [
        (Remedy.RESTART_INSTANCE, ("chat-1",)),
        (Remedy.RESTART_SERVICE, both),
        (Remedy.ROLL_BACK, both),
    ]


def test_a_service_with_a_healthy_instance_is_never_restarted_whole() -> None:
    found = remedies_for(instance(), instance(Health.HEALTHY, "chat-2"))
    assert Remedy.RESTART_SERVICE not in [remedy for remedy, _ in found]


def test_a_runtime_that_restarts_services_alone_does_so_for_one_instance() -> None:
    only = Remedies(restart_instance=False)
    assert remedies_for(instance(), remedies=only) == [(Remedy.RESTART_SERVICE, ("chat-1",))]


def test_what_the_runtime_lacks_is_no_rung() -> None:
    nothing = Remedies(restart_instance=False, restart_service=False)
    assert remedies_for(instance(), remedies=nothing) == []


def test_who_cannot_be_reached_is_not_part_of_the_service_rung() -> None:
    down = [instance(), instance(name="chat-2"), instance(Health.OFFLINE, "chat-3")]
    foreign = instance(name="chat-4", supervised=False)
    found = remedies_for(*down, foreign, remedies=Remedies(through_sidecar=True))
    assert found[1] == (Remedy.RESTART_SERVICE, ("chat-1", "chat-2"))


def test_an_incident_is_rolled_back_once() -> None:
    before = AttemptRecord(
        id="i1-1",
        number=1,
        remedy=Remedy.ROLL_BACK,
        instance=None,
        cause_key="organic",
        by="healing",
        decided_at=0.0,
    )
    assert Remedy.ROLL_BACK not in [r for r, _ in remedies_for(instance(), attempts=(before,))]


def test_the_instance_pays_for_its_own_restart_and_the_service_for_its_whole() -> None:
    asked: list[str | None] = []

    def verdict(payer: str | None) -> Allowed:
        asked.append(payer)
        return Allowed(1)

    live = {"chat-1": instance(), "chat-2": instance(name="chat-2")}
    rungs_for(live["chat-1"], live, Remedies(), verdict)
    assert asked == ["chat-1", None]


def test_the_weakest_rung_whose_budget_lasts_comes_next() -> None:
    first = rung(Remedy.RESTART_INSTANCE)
    waiting = rung(Remedy.RESTART_INSTANCE, BackingOff(2, 10.0))
    spent = rung(Remedy.RESTART_INSTANCE, UsedUp(3, 10.0))
    service = rung(Remedy.RESTART_SERVICE)
    assert next_rung([first, service]) is first
    assert next_rung([waiting, service]) is waiting, "waiting is no reason to climb"
    assert next_rung([spent, service]) is service
    assert next_rung([spent]) is None
    assert next_rung([]) is None
