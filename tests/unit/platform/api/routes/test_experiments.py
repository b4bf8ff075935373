from __future__ import annotations

import pytest

from tests.fakes.api import Api

RUNS = "/api/v1/experiments/runs"
NAME = "error-is-cured"
REQUEST = {"experiment": NAME, "targets": ["chat"], "title": "An error is cured"}
CATALOG = {"experiments": [{"name": NAME, "title": "An error is cured", "targets": ["chat"]}]}


async def started(api: Api, **fields: object) -> str:
    await api.house.registered()
    answer = await api.post(RUNS, json={**REQUEST, **fields})
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{RUNS}/{answer.json()['id']}"
    return str(answer.headers["location"])


async def test_a_run_from_its_begin_to_its_result(api: Api) -> None:
    run = await started(api)
    beat = await api.post(f"{run}/heartbeat", json={"progress": "method"})
    assert (beat.json()["progress"], beat.json()["stop_asked_by"]) == ("method", None)
    assert (await api.post(f"{run}/heartbeat")).status_code == 200
    ended = await api.post(
        f"{run}/result", json={"verdict": "passed", "mttr_s": [11.2], "healer": {"healed": 1}}
    )
    assert (ended.json()["state"], ended.json()["verdict"]) == ("ENDED", "passed")
    late = await api.post(f"{run}/heartbeat")
    assert (late.status_code, late.json()["reason"]) == (409, "run_ended")
    assert (await api.get(run, as_role="viewer")).json()["result"]["mttr_s"] == [11.2]
    (listed,) = (await api.get(f"{RUNS}?service=chat", as_role="viewer")).json()["items"]
    assert listed["verdict"] == "passed"


async def test_experiments_are_published_listed_and_scored(api: Api) -> None:
    await api.house.registered()
    assert (await api.ask("PUT", "/api/v1/experiments", json=CATALOG)).status_code == 204
    (known,) = (await api.get("/api/v1/experiments", as_role="viewer")).json()["items"]
    assert (known["name"], known["runs"]) == (NAME, [])
    run = (await api.post(RUNS, json=REQUEST)).json()["id"]
    await api.post(f"{RUNS}/{run}/result", json={"verdict": "passed", "mttr_s": [11.2]})
    (known,) = (await api.get("/api/v1/experiments", as_role="viewer")).json()["items"]
    assert [each["verdict"] for each in known["runs"]] == ["passed"]
    overall, chat = (await api.get("/api/v1/experiments/scores", as_role="viewer")).json()["items"]
    assert (overall["service"], overall["score"]) == ("", 100.0)
    assert (chat["service"], chat["score"]) == ("chat", 100.0)
    assert chat["mttr"] == {"count": 1, "p50_s": 11.2, "p95_s": 11.2}
    assert [point["score"] for point in chat["history"]] == [100.0]
    unknown = await api.get("/api/v1/experiments/scores?service=nobody", as_role="viewer")
    assert unknown.status_code == 404


async def test_an_experiment_that_is_withdrawn_counts_no_more_and_its_runs_can_be_read(
    api: Api,
) -> None:
    run = await started(api)
    await api.ask("PUT", "/api/v1/experiments", json=CATALOG)
    await api.post(f"{run}/result", json={"verdict": "passed"})
    assert (await api.ask("DELETE", f"/api/v1/experiments/{NAME}")).status_code == 204
    assert (await api.get("/api/v1/experiments", as_role="viewer")).json()["items"] == []
    overall, chat = (await api.get("/api/v1/experiments/scores", as_role="viewer")).json()["items"]
    assert (overall["score"], chat["score"]) == (None, None)
    assert (await api.get(run, as_role="viewer")).json()["verdict"] == "passed"
    assert (await api.ask("DELETE", f"/api/v1/experiments/{NAME}")).status_code == 404


async def test_a_service_that_is_not_here_has_no_score(api: Api) -> None:
    await api.house.registered()
    about = {"name": "other", "title": "Another", "targets": ["elsewhere"]}
    await api.ask("PUT", "/api/v1/experiments", json={"experiments": [about]})
    (overall,) = (await api.get("/api/v1/experiments/scores", as_role="viewer")).json()["items"]
    assert (overall["service"], overall["score"]) == ("", None)


async def test_a_waiting_run_is_claimed_once_and_stopped_by_anybody_who_may(api: Api) -> None:
    run = await started(api, wait=True)
    claim = {"runner": "ci-7", "experiments": [NAME]}
    claimed = await api.post(f"{RUNS}/claim", json=claim)
    assert (claimed.status_code, claimed.json()["runner"]) == (200, "ci-7")
    assert (await api.post(f"{RUNS}/claim", json=claim)).status_code == 204
    stopped = await api.ask("DELETE", f"{run}?reason=enough")
    assert stopped.json()["stop_asked_by"] == "operator"


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", RUNS, REQUEST),
        ("PUT", "/api/v1/experiments", CATALOG),
        ("DELETE", f"/api/v1/experiments/{NAME}", None),
        ("POST", f"{RUNS}/claim", {"runner": "x"}),
        ("POST", f"{RUNS}/r1/heartbeat", {}),
        ("POST", f"{RUNS}/r1/result", {"verdict": "passed"}),
        ("DELETE", f"{RUNS}/r1", None),
    ],
)
async def test_a_viewer_only_looks(api: Api, method: str, path: str, body: object) -> None:
    answer = await api.ask(method, path, as_role="viewer", json=body)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({**REQUEST, "experiment": "../etc"}, "$.experiment"),
        ({**REQUEST, "targets": []}, "$.targets"),
        ({**REQUEST, "targets": "chat"}, "$.targets"),
    ],
)
async def test_a_wrong_request_names_its_field(api: Api, body: object, field: str) -> None:
    answer = await api.post(RUNS, json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
