"""What people do with incidents: list, show, acknowledge, note, close."""

from __future__ import annotations

import pytest

from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState, Outcome
from tagent_contract.problems import ConflictReason
from tagent_platform.usecases.acknowledge_incident import acknowledge_incident
from tagent_platform.usecases.close_incident import close_incident
from tagent_platform.usecases.errors import InvalidError, NotFoundError, RefusedError
from tagent_platform.usecases.list_incidents import list_incidents
from tagent_platform.usecases.note_incident import note_incident
from tagent_platform.usecases.show_incident import show_incident
from tests.fakes.house import ADMIN, OPERATOR
from tests.fakes.ward import Patient, Ward


@pytest.fixture
def ward() -> Ward:
    return Ward()


async def sick(ward: Ward, service: str = "chat") -> Patient:
    patient = await ward.admit(f"{service}-1", service)
    await patient.become(Health.DEGRADED)
    await ward.look()
    return patient


async def test_lists_are_newest_first_and_can_leave_out_what_is_over(ward: Ward) -> None:
    chat = await sick(ward)
    await chat.become(Health.HEALTHY)
    await ward.live(12.0)
    await sick(ward, "shop")
    every = await list_incidents(ward.platform)
    assert [one.service for one in every.items] == ["shop", "chat"]
    assert all(one.timeline == () for one in every.items)
    open_ones = await list_incidents(ward.platform, unresolved=True)
    assert [one.service for one in open_ones.items] == ["shop"]
    chats = await list_incidents(ward.platform, service="chat")
    assert [one.state for one in chats.items] == [IncidentState.RESOLVED]


async def test_lists_come_in_pages(ward: Ward) -> None:
    for service in ("a", "b", "c"):
        await sick(ward, service)
        await ward.clock.advance(1.0)
    first = await list_incidents(ward.platform, limit=2)
    assert [one.service for one in first.items] == ["c", "b"]
    rest = await list_incidents(ward.platform, limit=2, cursor=first.next)
    assert ([one.service for one in rest.items], rest.next) == (["a"], None)
    with pytest.raises(InvalidError):
        await list_incidents(ward.platform, cursor="?")


async def test_unknown_ones_are_not_found(ward: Ward) -> None:
    await ward.admit()
    assert (await list_incidents(ward.platform, service="chat")).items == ()
    with pytest.raises(NotFoundError):
        await list_incidents(ward.platform, service="shop")
    with pytest.raises(NotFoundError):
        await show_incident(ward.platform, incident_id="nope")


async def test_an_acknowledgement_says_whose_it_is(ward: Ward) -> None:
    await sick(ward)
    incident_id = ward.incident().id
    view = await acknowledge_incident(
        ward.platform, incident_id=incident_id, actor=OPERATOR, reason="on it"
    )
    assert (view.acknowledged_by, view.state) == ("olga", IncidentState.OPEN)
    (event,) = await ward.events("incident.acknowledged")
    assert (event.actor, event.incident, event.data["why"]) == ("olga", incident_id, "on it")
    await acknowledge_incident(ward.platform, incident_id=incident_id, actor=OPERATOR)
    assert len(await ward.events("incident.acknowledged")) == 1, "twice is once"
    again = await acknowledge_incident(ward.platform, incident_id=incident_id, actor=ADMIN)
    assert again.acknowledged_by == "ada"


async def test_notes_are_lines_of_the_story_even_afterwards(ward: Ward) -> None:
    chat = await sick(ward)
    await chat.become(Health.HEALTHY)
    await ward.live(12.0)
    view = await note_incident(
        ward.platform, incident_id=ward.incident().id, actor=OPERATOR, text="it was the disk"
    )
    assert (view.timeline[-1].kind, view.timeline[-1].text) == ("note", "olga: it was the disk")


async def test_a_closed_incident_stays_closed_while_the_same_sickness_lasts(ward: Ward) -> None:
    await sick(ward)
    incident_id = ward.incident().id
    view = await close_incident(
        ward.platform, incident_id=incident_id, actor=OPERATOR, reason="known"
    )
    assert (view.state, view.mttr_s) == (IncidentState.RESOLVED, None)
    await ward.live(60.0)
    assert [found.id for found in ward.incidents()] == [incident_id]
    assert ward.state() is IncidentState.RESOLVED


async def test_a_worse_sickness_is_another_matter(ward: Ward) -> None:
    chat = await sick(ward)
    await close_incident(ward.platform, incident_id=ward.incident().id, actor=OPERATOR)
    await ward.clock.advance(1.0)
    await chat.become(Health.UNHEALTHY)
    await ward.look()
    assert ward.incidents()[0].state is IncidentState.REMEDIATING


async def test_closing_lets_go_of_what_is_under_way(ward: Ward) -> None:
    chat = await ward.admit()
    chat.obeys = False
    await chat.become(Health.UNHEALTHY)
    await ward.look()
    assert ward.instance().restart is not None
    await close_incident(ward.platform, incident_id=ward.incident().id, actor=OPERATOR)
    assert ward.instance().health is Health.UNHEALTHY
    assert ward.instance().restart is None
    assert [a.outcome for a in ward.incident().attempts] == [Outcome.NOT_NEEDED]


async def test_what_is_over_is_neither_acknowledged_nor_closed_again(ward: Ward) -> None:
    await sick(ward)
    incident_id = ward.incident().id
    await close_incident(ward.platform, incident_id=incident_id, actor=OPERATOR)
    for action in (acknowledge_incident, close_incident):
        with pytest.raises(RefusedError) as refused:
            await action(ward.platform, incident_id=incident_id, actor=OPERATOR)
        assert refused.value.reason is ConflictReason.INCIDENT_ENDED


async def test_a_storms_incident_can_be_closed_too(ward: Ward) -> None:
    patients = [await ward.admit(f"s{n}-1", f"s{n}") for n in range(5)]
    for patient in patients:
        await patient.become(Health.UNHEALTHY)
    await ward.look()
    storm = ward.incident("")
    await close_incident(ward.platform, incident_id=storm.id, actor=OPERATOR)
    assert ward.state("") is IncidentState.RESOLVED
    for patient in patients:
        await patient.become(Health.HEALTHY)
    await ward.live(2.0)
    assert ward.incident("").closed_by == "olga"
