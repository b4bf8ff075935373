from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tagent_contract import wire
from tagent_contract.plan import CONFIRMED_AGE_HEADER, Plan
from tagent_contract.reports import Batch
from tagent_platform.usecases.confirm_store import confirm_store
from tests.fakes.api import Api
from tests.fakes.house import FakeSidecar, House
from tests.fakes.replicas import Meeting

PLAN = "/api/v1/instances/chat/chat-1/plan"


async def test_a_report_is_answered_with_the_plans_revision_and_the_stores_age(api: Api) -> None:
    await confirm_store(api.house.platform)
    await api.house.clock.advance(2.5)
    answer = await api.report(api.house.sidecar())
    assert answer.status_code == 200
    assert answer.json()["plan_revision"] > 0
    assert float(answer.headers[CONFIRMED_AGE_HEADER]) == pytest.approx(2.5)


async def test_both_addresses_take_reports(api: Api) -> None:
    sidecar = api.house.sidecar()
    await api.report(sidecar)
    body = wire.encode(Batch(reports=(sidecar.next_report(),)))
    answer = await api.post("/api/v1/telemetry", as_role="chat", content=body)
    assert answer.status_code == 200


async def test_a_report_of_another_service_is_forbidden(api: Api) -> None:
    await api.mint("sidecar", "other")
    body = wire.encode(Batch(reports=(api.house.sidecar().next_report(),)))
    answer = await api.post("/telemetry", as_role="other", content=body)
    assert answer.status_code == 403


async def test_people_do_not_report(api: Api) -> None:
    answer = await api.post("/telemetry", as_role="admin", content=b"{}")
    assert answer.status_code == 403
    assert "role sidecar" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [(b"{", "$"), (b'{"reports":[]}', "$.reports"), (b'{"reports":[{"seq":-1}]}', "$.reports[0]")],
)
async def test_a_wrong_report_is_named_by_its_path(api: Api, body: bytes, field: str) -> None:
    await api.mint("sidecar", "chat")
    answer = await api.post("/telemetry", as_role="chat", content=body)
    assert answer.status_code == 422
    assert answer.json()["field"].startswith(field)


async def test_a_superseded_boot_is_told_so(api: Api) -> None:
    older = api.house.sidecar()
    await api.report(older)
    await api.house.clock.advance(1.0)
    await api.report(api.house.sidecar())
    answer = await api.report(older)
    assert (answer.status_code, answer.json()["reason"]) == (409, "superseded")


async def test_a_telemetry_address_wants_post(api: Api) -> None:
    await api.mint("sidecar", "chat")
    answer = await api.get("/telemetry", as_role="chat")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


async def test_a_plan_is_given_once_and_then_304_until_it_changes(api: Api) -> None:
    sidecar = api.house.sidecar()
    await api.report(sidecar)
    first = await api.get(PLAN, as_role="chat", params={"boot_id": sidecar.boot_id})
    plan = wire.decode(first.content, Plan)
    held = {"boot_id": sidecar.boot_id, "epoch": plan.epoch, "revision": plan.revision}
    again = await api.get(PLAN, as_role="chat", params=held)
    assert (again.status_code, again.content) == (304, b"")
    assert CONFIRMED_AGE_HEADER in again.headers


async def test_an_open_long_poll_wakes_for_a_fault(api: Api) -> None:
    sidecar = api.house.sidecar()
    await api.report(sidecar)
    plan = wire.decode(
        (await api.get(PLAN, as_role="chat", params={"boot_id": sidecar.boot_id})).content, Plan
    )
    held = {
        "boot_id": sidecar.boot_id,
        "epoch": plan.epoch,
        "revision": plan.revision,
        "wait_s": 30,
    }
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(api.get(PLAN, as_role="chat", params=held))
        while api.context.long_polls.taken == 0:
            await asyncio.sleep(0)
        await api.house.inject()
    woken = wire.decode(poll.result().content, Plan)
    assert [fault.fault.ttl_s for fault in woken.faults] == [120.0]
    assert api.context.long_polls.taken == 0


async def test_a_stopping_platform_lets_nobody_wait(api: Api) -> None:
    sidecar = api.house.sidecar()
    await api.report(sidecar)
    params = {"boot_id": sidecar.boot_id}
    plan = wire.decode((await api.get(PLAN, as_role="chat", params=params)).content, Plan)
    held = {**params, "epoch": plan.epoch, "revision": plan.revision, "wait_s": 30}
    async with asyncio.TaskGroup() as group:
        poll = group.create_task(api.get(PLAN, as_role="chat", params=held))
        while api.context.long_polls.taken == 0:
            await asyncio.sleep(0)
        api.context.stopping.set()
    assert poll.result().status_code == 304


async def test_more_long_polls_than_there_is_room_for_are_refused() -> None:
    async with Api(long_polls_max=0) as api:
        sidecar = api.house.sidecar()
        await api.report(sidecar)
        answer = await api.get(PLAN, as_role="chat", params={"boot_id": sidecar.boot_id})
        assert answer.status_code == 503
        assert "retry-after" in answer.headers


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({}, 422),
        ({"boot_id": "short"}, 422),
        ({"boot_id": "boot-unknown", "wait_s": "soon"}, 422),
        ({"boot_id": "boot-unknown", "revision": "-2"}, 422),
        ({"boot_id": "boot-unknown"}, 404),
        ({"boot_id": "boot-unknown", "epoch": "", "revision": "-1"}, 404),
    ],
)
async def test_what_is_wrong_with_a_poll_is_said(
    api: Api, params: dict[str, str], status: int
) -> None:
    await api.mint("sidecar", "chat")
    answer = await api.get(PLAN, as_role="chat", params=params)
    assert answer.status_code == status


async def test_a_sidecar_sees_no_plan_but_its_own_services(api: Api) -> None:
    await api.mint("sidecar", "other")
    answer = await api.get(PLAN, as_role="other", params={"boot_id": "boot-0001"})
    assert answer.status_code == 403
    assert (await api.get(PLAN, as_role="admin")).status_code == 403
    assert (await api.get("/api/v1/services", as_role="other")).status_code == 403


async def test_who_reports_to_a_process_that_is_cut_off_is_sent_to_another_one(api: Api) -> None:
    sidecar = api.house.sidecar()
    assert (await api.report(sidecar)).status_code == 200
    platform = api.house.platform
    platform.store_watch.failed()
    # Alone it listens on, and is grateful for each sign of life.
    assert (await api.report(sidecar)).status_code == 200


async def test_one_of_several_that_is_cut_off_closes_the_connection_too() -> None:
    house = House()
    house.platform = replace(house.platform, replicas=Meeting(house.clock).join("a"))
    await confirm_store(house.platform)
    async with Api(house) as api:
        sidecar = house.sidecar()
        assert (await api.report(sidecar)).status_code == 200
        house.platform.store_watch.failed()
        await assert_sent_away(api, sidecar)


async def test_one_of_several_whose_store_hangs_lets_sidecars_go_before_the_others_miss_them() -> (
    None
):
    house = House()
    house.platform = replace(house.platform, replicas=Meeting(house.clock).join("a"))
    await confirm_store(house.platform)
    async with Api(house) as api:
        sidecar = house.sidecar()
        await house.clock.advance(8.0)
        assert (await api.report(sidecar)).status_code == 200
        await house.clock.advance(0.1)
        await assert_sent_away(api, sidecar)


async def assert_sent_away(api: Api, sidecar: FakeSidecar) -> None:
    for answer in (
        await api.report(sidecar),
        await api.get(PLAN, as_role="chat", params={"boot_id": sidecar.boot_id}),
    ):
        assert answer.status_code == 503
        assert answer.headers["connection"] == "close"
        assert "another" in answer.json()["detail"]
