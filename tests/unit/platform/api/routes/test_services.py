from __future__ import annotations

import pytest

from tagent_contract import wire
from tagent_contract.policy import HealthPolicy, ServicePolicy
from tests.fakes.api import Api

SERVICE = "/api/v1/services/chat"


async def test_services_are_listed_with_what_a_service_has_at_least(api: Api) -> None:
    await api.house.registered()
    listed = (await api.get("/api/v1/services", as_role="viewer")).json()
    assert listed["next"] is None
    [service] = listed["items"]
    assert {
        "name",
        "health",
        "since",
        "reason",
        "instances",
        "faults",
        "incident",
        "figures",
    } <= service.keys()
    assert (service["name"], service["instances"][0]["health"]) == ("chat", "HEALTHY")


async def test_a_list_goes_on_from_its_cursor(api: Api) -> None:
    for name in ("a", "b", "c"):
        await api.house.registered(f"{name}-1", name)
    first = (await api.get("/api/v1/services?limit=2")).json()
    rest = (await api.get("/api/v1/services", params={"cursor": first["next"]})).json()
    assert [item["name"] for item in first["items"] + rest["items"]] == ["a", "b", "c"]
    assert rest["next"] is None


async def test_one_service_is_shown(api: Api) -> None:
    await api.house.registered()
    shown = (await api.get(SERVICE, as_role="viewer")).json()
    assert [instance["name"] for instance in shown["instances"]] == ["chat-1"]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/series?metric=requests_per_s",
        "/figures?metric=requests_per_s",
        "/logs",
        "/policy",
    ],
)
async def test_an_unknown_service_is_404_with_the_near_names(api: Api, path: str) -> None:
    await api.house.registered()
    answer = await api.get(f"/api/v1/services/chta{path}")
    assert answer.status_code == 404
    assert answer.json()["near"] == ["chat"]
    assert answer.headers["content-type"] == "application/problem+json"


async def test_points_and_log_lines_are_answered(api: Api) -> None:
    await api.house.registered()
    series = await api.get(
        f"{SERVICE}/series", params={"metric": "requests_per_s", "window_s": 10, "step_s": 5}
    )
    assert series.json()["step_s"] == 5.0
    assert [point["value"] for point in series.json()["points"]] == [None, None]
    assert (await api.get(f"{SERVICE}/logs")).json() == {"items": [], "next": None}


async def test_several_metrics_are_answered_at_once(api: Api) -> None:
    await api.house.registered()
    metrics = ["requests_per_s", "requests_per_s"]
    asked = {"metric": metrics, "window_s": 10, "step_s": 5}
    answer = (await api.get(f"{SERVICE}/figures", params=asked)).json()
    assert [each["metric"] for each in answer["items"]] == metrics
    assert [len(each["points"]) for each in answer["items"]] == [2, 2]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("series", "metric"),
        ("figures", "metric"),
        ("figures?metric=requests_per_s&metric=speed", "metric"),
        ("figures?" + "&".join(["metric=requests_per_s"] * 51), "metric"),
        ("series?metric=requests_per_s&window_s=0", "window_s"),
        ("series?metric=requests_per_s&step_s=inf", "step_s"),
        ("logs?limit=0", "limit"),
        ("logs?limit=ten", "limit"),
    ],
)
async def test_a_wrong_parameter_is_named(api: Api, query: str, field: str) -> None:
    await api.house.registered()
    answer = await api.get(f"{SERVICE}/{query}")
    assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_a_policy_is_replaced_whole_by_an_admin(api: Api) -> None:
    await api.house.registered()
    policy = ServicePolicy(health=HealthPolicy(latency_limit_ms=250.0))
    put = await api.ask("PUT", f"{SERVICE}/policy", as_role="admin", content=wire.encode(policy))
    assert put.status_code == 200
    assert wire.decode((await api.get(f"{SERVICE}/policy")).content, ServicePolicy) == policy


async def test_an_operator_may_not_set_a_policy_and_reads_who_may(api: Api) -> None:
    await api.house.registered()
    answer = await api.ask("PUT", f"{SERVICE}/policy", json={})
    assert answer.status_code == 403
    assert "role admin" in answer.json()["detail"]


async def test_a_wrong_number_in_a_policy_is_named_by_its_path(api: Api) -> None:
    await api.house.registered()
    answer = await api.ask(
        "PUT", f"{SERVICE}/policy", as_role="admin", json={"restart": {"intensity": 0}}
    )
    assert (answer.status_code, answer.json()["field"]) == (422, "$.restart.intensity")


async def test_a_maintenance_window_opens_and_closes(api: Api) -> None:
    await api.house.registered()
    opened = await api.ask("PUT", f"{SERVICE}/maintenance", json={"reason": "moving"})
    assert opened.json()["by"] == "operator"
    assert (await api.get(SERVICE)).json()["maintenance"]["reason"] == "moving"
    closed = await api.ask("DELETE", f"{SERVICE}/maintenance?reason=moved")
    assert (closed.status_code, closed.content) == (204, b"")
    assert (await api.get(SERVICE)).json()["maintenance"] is None


async def test_a_maintenance_window_wants_a_reason(api: Api) -> None:
    await api.house.registered()
    answer = await api.ask("PUT", f"{SERVICE}/maintenance", json={"reason": ""})
    assert (answer.status_code, answer.json()["field"]) == (422, "$.reason")


async def test_a_live_service_is_not_forgotten_and_a_retired_one_is(api: Api) -> None:
    sidecar = await api.house.registered()
    refused = await api.ask("DELETE", SERVICE, as_role="admin")
    assert (refused.status_code, refused.json()["reason"]) == (409, "service_live")
    await sidecar.report(goodbye=True)
    assert (await api.ask("DELETE", SERVICE, as_role="admin")).status_code == 204
    assert (await api.get(SERVICE)).status_code == 404


async def test_forgetting_is_for_an_admin(api: Api) -> None:
    assert (await api.ask("DELETE", SERVICE)).status_code == 403
