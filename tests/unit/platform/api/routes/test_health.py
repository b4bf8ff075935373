from __future__ import annotations

from tagent_platform.usecases.confirm_store import confirm_store
from tests.fakes.api import Api


async def test_a_living_platform_says_so_to_everyone(api: Api) -> None:
    answer = await api.get("/healthz", as_role=None)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_ready_is_a_platform_whose_store_agrees_and_whose_loop_ticks(api: Api) -> None:
    ticked = api.house.clock.monotonic()
    api.context.readiness.loop_ticked = lambda: ticked
    assert (await api.get("/readyz", as_role=None)).status_code == 503
    await confirm_store(api.house.platform)
    assert (await api.get("/readyz", as_role=None)).status_code == 200
    await api.house.clock.advance(11.0)
    stale = await api.get("/readyz", as_role=None)
    assert (stale.status_code, stale.headers["retry-after"]) == (503, "1")
    assert "store" in stale.json()["detail"]
    await confirm_store(api.house.platform)
    assert "control loop" in (await api.get("/readyz", as_role=None)).json()["detail"]


async def test_a_store_that_is_away_and_a_stop_make_it_unready(api: Api) -> None:
    await confirm_store(api.house.platform)
    api.house.platform.store_watch.failed()
    assert (await api.get("/readyz", as_role=None)).status_code == 503
    await confirm_store(api.house.platform)
    api.context.readiness.is_stopping = True
    assert "stopping" in (await api.get("/readyz", as_role=None)).json()["detail"]


async def test_figures_are_counted_by_state_and_reason(api: Api) -> None:
    await api.report(api.house.sidecar())
    await api.house.inject()
    await api.get("/api/v1/nothing")
    text = (await api.get("/metrics", as_role=None)).text
    assert 'tagent_instances{health="HEALTHY"} 1\n' in text
    assert 'tagent_fault_targets{state="PENDING"} 1\n' in text
    assert "tagent_reports_total 1\n" in text
    assert 'tagent_requests_refused_total{reason="not-found"} 1\n' in text


async def test_no_name_becomes_a_label(api: Api) -> None:
    await api.report(api.house.sidecar("instance-x", "service-x"))
    text = (await api.get("/metrics", as_role=None)).text
    assert "service-x" not in text
    assert "instance-x" not in text
