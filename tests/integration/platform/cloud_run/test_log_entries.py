"""Reading Cloud Logging, against a server that answers in its words."""

from __future__ import annotations

import json

import pytest

from tagent_platform.adapters.runtime.cloud_run.log_entries import CloudLogs
from tagent_platform.adapters.runtime.cloud_run.places import RunService
from tagent_platform.ports.runtime import (
    PermissionMissingError,
    QuotaExceededError,
    RuntimeFailureError,
    UnreachableError,
)
from tagent_platform.ports.series import LogQuery
from tests.fakes.scripted_server import Answer, Break, ScriptedServer

pytestmark = pytest.mark.integration

CHAT = RunService("acme", "north", "chat")


def entry(second: int) -> dict[str, str]:
    return {"timestamp": f"2026-01-31T09:30:{second:02d}Z", "textPayload": f"line {second}"}


async def read(server: ScriptedServer) -> list[str]:
    logs = CloudLogs(None, None, server.url)
    try:
        return [line.text for line in await logs.latest(CHAT, LogQuery("chat", limit=2))]
    finally:
        await logs.close()


async def test_the_newest_lines_come_the_oldest_of_them_first() -> None:
    with ScriptedServer(Answer({"entries": [entry(2), entry(1)]})) as server:
        assert await read(server) == ["line 1", "line 2"]
    (asked,) = server.asked
    assert asked.path == "/v2/entries:list"
    body = json.loads(asked.body)
    assert (body["resourceNames"], body["pageSize"]) == (["projects/acme"], 2)
    assert body["orderBy"] == "timestamp desc"


async def test_where_nothing_was_written_there_is_nothing() -> None:
    with ScriptedServer(Answer({})) as server:
        assert await read(server) == []


@pytest.mark.parametrize(
    ("step", "kind", "says"),
    [
        (Answer({}, 403), PermissionMissingError, "roles/logging.viewer on project acme"),
        (Answer({}, 429), QuotaExceededError, "quota"),
        (Answer({}, 500), UnreachableError, "answered 500"),
        (Break(), UnreachableError, "cannot be reached"),
    ],
)
async def test_each_refusal_says_what_to_do(
    step: Answer | Break, kind: type[RuntimeFailureError], says: str
) -> None:
    with ScriptedServer(step) as server, pytest.raises(kind, match=says):
        await read(server)
