from __future__ import annotations

import pytest

from tests.fakes.api import Api

FAULTS = "/api/v1/services/chat/faults"


async def test_an_injected_fault_is_answered_armed_with_its_defaults(api: Api) -> None:
    await api.house.registered()
    answer = await api.post(FAULTS, json={"type": "latency"})
    assert answer.status_code == 201
    fault = answer.json()
    assert (fault["state"], fault["type"]) == ("PENDING", "latency")
    assert (fault["fault"]["latency_ms"], fault["fault"]["ttl_s"]) == (2500.0, 120.0)
    assert fault["created_by"] == "operator"
    assert answer.headers["location"] == f"/api/v1/faults/{fault['id']}"


async def test_the_short_form_takes_the_service_from_the_body(api: Api) -> None:
    await api.house.registered()
    answer = await api.post("/inject-fault", json={"service": "chat", "type": "crash"})
    assert (answer.status_code, answer.json()["service"]) == (201, "chat")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"type":"latency","probability":2}', "$.probability"),
        (b'{"type":"earthquake"}', "$.type"),
        (b'{"type":"latency","latency_ms":NaN}', "$"),
        (b'{"type":"latency","reason":"\\ud800"}', "$"),
        (b"[" * 10_000, "$"),
        (b"", "$"),
        (b"\xff", "$"),
    ],
)
async def test_a_wrong_fault_is_named_by_its_path(api: Api, body: bytes, field: str) -> None:
    await api.house.registered()
    answer = await api.post(FAULTS, content=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_the_short_form_names_a_missing_service(api: Api) -> None:
    answer = await api.post("/inject-fault", json={"type": "latency"})
    assert answer.status_code == 422
    assert "service" in answer.json()["detail"]


async def test_a_body_is_read_as_json_whatever_its_sender_calls_it(api: Api) -> None:
    await api.house.registered()
    answer = await api.post(
        FAULTS, content=b'{"type":"crash"}', headers={"content-type": "text/plain"}
    )
    assert answer.status_code == 201


async def test_a_viewer_may_look_but_not_break(api: Api) -> None:
    await api.house.registered()
    refused = await api.post(FAULTS, as_role="viewer", json={"type": "latency"})
    assert refused.status_code == 403
    assert "role operator" in refused.json()["detail"]
    assert (await api.get("/api/v1/faults", as_role="viewer")).status_code == 200


async def test_the_same_fault_twice_is_refused_with_its_reason(api: Api) -> None:
    await api.house.registered()
    await api.post(FAULTS, json={"type": "latency"})
    answer = await api.post(FAULTS, json={"type": "latency"})
    assert answer.status_code == 409
    assert answer.json()["reason"] == "already_active"


async def test_an_unknown_service_cannot_be_broken(api: Api) -> None:
    assert (await api.post(FAULTS, json={"type": "latency"})).status_code == 404


async def test_faults_are_listed_shown_and_ended(api: Api) -> None:
    await api.house.registered()
    fault = (await api.post(FAULTS, json={"type": "latency"})).json()
    listed = (await api.get("/api/v1/faults?active=true&service=chat")).json()
    assert [item["id"] for item in listed["items"]] == [fault["id"]]
    shown = (await api.get(f"/api/v1/faults/{fault['id']}")).json()
    assert [entry["kind"] for entry in shown["timeline"]] == ["armed"]
    ended = await api.ask("DELETE", f"/api/v1/faults/{fault['id']}?reason=enough")
    assert ended.json()["state"] == "ENDING"


async def test_an_unknown_fault_is_404(api: Api) -> None:
    for method in ("GET", "DELETE"):
        assert (await api.ask(method, "/api/v1/faults/nothing")).status_code == 404


async def test_clearing_ends_every_fault_of_the_service(api: Api) -> None:
    await api.house.registered()
    for kind in ("latency", "error"):
        await api.post(FAULTS, json={"type": kind})
    cleared = (await api.ask("DELETE", FAULTS)).json()
    assert {fault["state"] for fault in cleared["items"]} == {"ENDING"}
    assert len(cleared["items"]) == 2


async def test_who_broke_what_and_why_is_in_the_event_log(api: Api) -> None:
    await api.house.registered()
    await api.post(FAULTS, json={"type": "latency", "reason": "game day"})
    [armed] = await api.house.events("fault.armed")
    assert armed.actor == "operator"
    assert "game day" in (armed.text, *map(str, armed.data.values()))


async def test_a_halt_refuses_faults_until_it_is_released(api: Api) -> None:
    await api.house.registered()
    halted = await api.ask("PUT", "/api/v1/halt", json={"reason": "too much"})
    assert (halted.status_code, halted.json()["halted"]) == (200, True)
    refused = await api.post(FAULTS, json={"type": "latency"})
    assert (refused.status_code, refused.json()["reason"]) == (409, "halted")
    assert (await api.get("/api/v1/halt", as_role="viewer")).json()["by"] == "operator"
    assert (await api.ask("DELETE", "/api/v1/halt")).json()["halted"] is False
    assert (await api.post(FAULTS, json={"type": "latency"})).status_code == 201


async def test_a_halt_wants_a_reason_and_an_operator(api: Api) -> None:
    assert (await api.ask("PUT", "/api/v1/halt", json={})).status_code == 422
    answer = await api.ask("PUT", "/api/v1/halt", as_role="viewer", json={"reason": "x"})
    assert answer.status_code == 403


async def test_releasing_what_is_not_halted_is_refused(api: Api) -> None:
    answer = await api.ask("DELETE", "/api/v1/halt")
    assert (answer.status_code, answer.json()["reason"]) == (409, "not_halted")
