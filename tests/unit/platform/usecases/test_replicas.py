"""Two processes of one platform on one store: what one hears the other knows, one of them leads, and they agree."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tagent_contract.health import Health
from tagent_contract.reports import Window
from tagent_platform.adapters.store.fenced import FencedStore
from tagent_platform.adapters.store.memory import MemoryStore
from tagent_platform.core.records import LEADER_KEY, LeaderRecord, ServiceRecord
from tagent_platform.loop import ControlLoop
from tagent_platform.ports.replicas import NotLeaderError
from tagent_platform.ports.store import Change, EventQuery, StoreUnavailableError
from tagent_platform.usecases.confirm_store import confirm_store
from tagent_platform.usecases.exchange_hearsay import listen_to_others
from tagent_platform.usecases.lead import contend, give_up_lead, leads
from tagent_platform.usecases.list_services import list_services
from tests.fakes.house import UNHEALTHY, House
from tests.fakes.replicas import Meeting


class AwayStore(MemoryStore):
    """Cannot be confirmed while it is away."""

    is_away = False

    async def confirm(self) -> None:
        if self.is_away:
            raise StoreUnavailableError("away")


def two(store: MemoryStore | None = None, **limits: Any) -> tuple[House, House]:
    """Return two houses with one clock, on one store, that hear each other."""
    one = House(store or MemoryStore(), **limits)
    other = House(one.store, **limits)
    other.clock = one.clock
    other.start()
    meeting = Meeting(one.clock)
    for name, house in (("a", one), ("b", other)):
        house.platform = replace(house.platform, replicas=meeting.join(name))
    return one, other


async def tick(*houses: House) -> None:
    """Do once what the loop does in each process: beat, listen, contend, and the steps of who leads."""
    for house in houses:
        clock = house.clock
        house.platform.contacts.tick(clock.monotonic(), clock.now(), 3.0)
        listen_to_others(house.platform)
        await confirm_store(house.platform)
        await contend(house.platform)
        if leads(house.platform):
            await house.tick()


async def pass_time(seconds: int, *houses: House) -> None:
    for _ in range(seconds):
        await houses[0].clock.advance(1.0)
        await tick(*houses)


async def test_one_leads_and_the_other_follows() -> None:
    one, other = two()
    await pass_time(2, one, other)
    assert (leads(one.platform), leads(other.platform)) == (True, False)
    held = one.store.get(LeaderRecord, LEADER_KEY)
    assert held is not None
    assert (held.record.term, held.record.holder) == (1, "a")


async def test_a_leader_that_falls_silent_is_replaced_after_its_time() -> None:
    one, other = two()
    await pass_time(2, one, other)
    await pass_time(14, other)
    assert not leads(other.platform)
    await pass_time(3, other)
    assert leads(other.platform)
    (changed,) = [
        event.text
        for event in await other.store.read_events(EventQuery(type_prefix="leader."))
        if "not heard" in event.text
    ]
    assert "a was not heard" in changed


async def test_time_in_which_the_store_was_away_replaces_nobody() -> None:
    store = AwayStore()
    one, other = two(store)
    await pass_time(2, one, other)
    store.is_away = True
    await pass_time(60, one, other)
    store.is_away = False
    await pass_time(3, one, other)
    assert (leads(one.platform), leads(other.platform)) == (True, False)


async def test_who_was_asleep_does_not_act_when_it_wakes() -> None:
    one, other = two()
    await pass_time(2, one, other)
    fenced = FencedStore(one.store, "a")
    await fenced.commit([Change(ServiceRecord, "x", ServiceRecord(name="x"), 0)])
    await pass_time(17, other)
    # It has not beaten since, so it does not know that it still leads; and what it wants to write is refused.
    assert not leads(one.platform)
    with pytest.raises(NotLeaderError):
        await fenced.commit([Change(ServiceRecord, "y", ServiceRecord(name="y"), 0)])
    assert one.store.get(ServiceRecord, "y") is None


async def test_who_stops_gives_the_lead_away_at_once() -> None:
    one, other = two()
    await pass_time(2, one, other)
    await give_up_lead(one.platform)
    await pass_time(1, other)
    assert leads(other.platform)
    assert other.platform.replicas is not None
    assert other.platform.replicas.others() == ()


async def test_the_loop_of_a_follower_decides_nothing_but_keeps_listening() -> None:
    one, other = two()
    await pass_time(2, one, other)
    ran: list[str] = []

    async def step(platform: Any) -> None:
        ran.append(platform.replicas.me)

    for house in (one, other):
        await ControlLoop(house.platform, steps=(step,)).tick()
    assert ran == ["a"]


async def test_an_instance_that_reports_to_another_process_is_not_offline() -> None:
    one, other = two()
    await pass_time(2, one, other)
    sidecar = other.sidecar()
    await sidecar.report()
    for _ in range(10):
        await sidecar.report()
        await pass_time(5, one, other)
    assert one.instance().health is Health.HEALTHY
    # It falls silent: as long as its last word may still be under way, nobody is blamed.
    await pass_time(13, one, other)
    assert one.instance().health is Health.HEALTHY
    await pass_time(4, one, other)
    assert one.instance().health is Health.OFFLINE


async def test_who_registers_with_another_process_is_not_offline_before_that_one_tells() -> None:
    one, other = two()
    await pass_time(60, one, other)
    sidecar = other.sidecar()
    await sidecar.report()
    await one.tick()
    assert one.instance().health is Health.HEALTHY
    # Nor is a new boot under the name of one that was silent for long.
    await pass_time(19, one)
    again = other.sidecar()
    await one.clock.advance(2.0)
    await again.report()
    await one.tick()
    assert one.instance().health is Health.HEALTHY
    await pass_time(21, one)
    assert one.instance().health is Health.OFFLINE


async def test_whom_the_others_heard_while_a_slow_store_told_nothing_is_not_offline() -> None:
    one, other = two()
    await pass_time(2, one, other)
    sidecar = other.sidecar()
    await sidecar.report()
    await pass_time(1, one, other)
    # The leader's confirmation hangs, but does not fail; its loop goes on, and hears nobody.
    for _ in range(25):
        await one.clock.advance(1.0)
        one.platform.contacts.tick(one.clock.monotonic(), one.clock.now(), 3.0)
        await sidecar.report()
    assert one.platform.is_cut_off
    await confirm_store(one.platform)
    assert leads(one.platform)
    await one.tick()
    assert one.instance().health is Health.HEALTHY
    # Time counts again from then on.
    await pass_time(19, one)
    assert one.instance().health is Health.HEALTHY
    await pass_time(2, one)
    assert one.instance().health is Health.OFFLINE


async def test_figures_that_one_process_heard_are_shown_by_the_other() -> None:
    one, other = two()
    sidecar = other.sidecar()
    await sidecar.report()
    window = Window(age_s=0.0, duration_s=5.0, requests=50)
    await sidecar.report(windows=(window,))
    await pass_time(1, one, other)
    await pass_time(1, one, other)
    for house in (one, other):
        (view,) = (await list_services(house.platform)).items
        assert view.figures.requests_per_s == 10.0
    await pass_time(30, one, other)
    (view,) = (await list_services(one.platform)).items
    assert view.figures.requests_per_s is None or view.figures.requests_per_s == 0.0


async def test_a_report_that_comes_late_by_another_process_decides_nothing() -> None:
    one, other = two()
    sidecar = one.sidecar()
    await sidecar.report()
    late = sidecar.next_report(state=UNHEALTHY)
    await other.send(sidecar.next_report(capabilities=("latency",)))
    await one.send(late)
    assert one.instance().health is Health.HEALTHY


async def test_hearsay_of_a_boot_that_was_replaced_says_nothing() -> None:
    one, other = two()
    old = other.sidecar()
    await old.report()
    await pass_time(1, one, other)
    new = one.sidecar()
    await one.clock.advance(1.0)
    await new.report()
    listen_to_others(one.platform)
    await pass_time(2, one, other)
    contact = one.platform.contacts.get(new.key)
    assert contact is not None
    assert contact.boot_id == new.boot_id
