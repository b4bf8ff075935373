from __future__ import annotations

import pytest

from tagent_contract.faults import Crash
from tagent_platform.usecases.heal_services import heal_services
from tests.fakes.api import Api
from tests.fakes.house import UNHEALTHY, FakeSidecar

RESTART = "/api/v1/services/chat/restart"


async def fallen_sick(api: Api) -> FakeSidecar:
    """Let an instance be sick and healing open its incident."""
    sidecar = await api.house.registered()
    await sidecar.report(state=UNHEALTHY)
    await heal_services(api.house.platform)
    return sidecar


async def the_incident(api: Api) -> str:
    [incident] = (await api.get("/api/v1/incidents", as_role="viewer")).json()["items"]
    return str(incident["id"])


async def test_an_incident_is_listed_without_and_shown_with_its_timeline(api: Api) -> None:
    await fallen_sick(api)
    listed = (await api.get("/api/v1/incidents?unresolved=true&service=chat")).json()["items"]
    assert [incident["timeline"] for incident in listed] == [[]]
    shown = (await api.get(f"/api/v1/incidents/{listed[0]['id']}", as_role="viewer")).json()
    assert shown["timeline"]
    assert shown["service"] == "chat"


async def test_people_acknowledge_note_and_close_with_their_names_and_reasons(api: Api) -> None:
    await fallen_sick(api)
    incident = f"/api/v1/incidents/{await the_incident(api)}"
    acknowledged = await api.post(f"{incident}/acknowledge", json={"reason": "on it"})
    assert acknowledged.json()["acknowledged_by"] == "operator"
    noted = await api.post(f"{incident}/note", json={"text": "the disk was full"})
    assert "the disk was full" in noted.text
    closed = await api.post(f"{incident}/close", json={"reason": "moved away"})
    assert closed.json()["state"] == "RESOLVED"
    again = await api.post(f"{incident}/close")
    assert (again.status_code, again.json()["reason"]) == (409, "incident_ended")
    told = [event.actor for event in await api.house.events("incident.acknowledged")]
    assert told == ["operator"]


async def test_acknowledging_needs_no_body(api: Api) -> None:
    await fallen_sick(api)
    answer = await api.post(f"/api/v1/incidents/{await the_incident(api)}/acknowledge")
    assert answer.status_code == 200


async def test_an_empty_note_is_refused_by_its_path(api: Api) -> None:
    await fallen_sick(api)
    answer = await api.post(f"/api/v1/incidents/{await the_incident(api)}/note", json={"text": ""})
    assert (answer.status_code, answer.json()["field"]) == (422, "$.text")


@pytest.mark.parametrize("act", ["acknowledge", "close", "note"])
async def test_viewers_look_and_unknown_incidents_are_404(api: Api, act: str) -> None:
    body = {"text": "x"} if act == "note" else {}
    path = f"/api/v1/incidents/none/{act}"
    assert (await api.post(path, as_role="viewer", json=body)).status_code == 403
    assert (await api.post(path, json=body)).status_code == 404
    assert (await api.get("/api/v1/incidents/none")).status_code == 404


async def test_a_restart_is_ordered_and_answered_with_its_incident(api: Api) -> None:
    await api.house.registered()
    answer = await api.post(RESTART, json={"reason": "it hangs"})
    assert answer.status_code == 202
    assert answer.json()["service"] == "chat"
    assert [attempt["by"] for attempt in answer.json()["attempts"]] == ["operator"]


async def test_recover_ends_the_faults_too(api: Api) -> None:
    sidecar = await api.house.registered()
    fault = await api.house.inject(Crash())
    await sidecar.acknowledge(fault)
    answer = await api.post("/api/v1/services/chat/recover")
    assert answer.status_code == 202
    assert (await api.get(f"/api/v1/faults/{fault.id}")).json()["state"] == "ENDING"


async def test_restarting_an_unknown_service_is_404_and_needs_an_operator(api: Api) -> None:
    assert (await api.post(RESTART)).status_code == 404
    assert (await api.post(RESTART, as_role="viewer")).status_code == 403


async def test_nothing_is_restarted_while_all_is_halted(api: Api) -> None:
    await api.house.registered()
    await api.ask("PUT", "/api/v1/halt", json={"reason": "stop"})
    answer = await api.post(RESTART)
    assert (answer.status_code, answer.json()["reason"]) == (409, "halted")


async def test_a_healing_pass_says_what_it_would_do(api: Api) -> None:
    sidecar = await api.house.registered()
    await sidecar.report(state=UNHEALTHY)
    answer = await api.post("/api/v1/healing/passes", json={"mode": "check"})
    assert answer.status_code == 200
    assert [decision["service"] for decision in answer.json()["decisions"]] == ["chat"]
    assert (await api.house.events("incident.restarted")) == []


async def test_a_healing_pass_has_a_mode_that_looks(api: Api) -> None:
    for body in ({"mode": "off"}, {"mode": "guess"}):
        answer = await api.post("/api/v1/healing/passes", json=body)
        assert (answer.status_code, answer.json()["field"]) == (422, "$.mode")
