"""The client against a real server that answers, refuses, breaks and is silent."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from tagent_client import event_stream, transport
from tagent_client.client import Client
from tagent_client.errors import ApiError, UnreachableError
from tagent_client.settings import ClientSettings
from tagent_contract.faults import Latency
from tests.fakes.processes import free_ports
from tests.fakes.scripted_server import Answer, Break, ScriptedServer, Silence, Stream

pytestmark = pytest.mark.integration

WHOAMI = Answer({"name": "anna", "role": "operator"})
BUSY = Answer(
    {"type": "urn:tagent:problem:unavailable", "title": "Busy", "status": 503},
    status=503,
    headers={"retry-after": "0"},
)
REFUSED = Answer(
    {
        "type": "urn:tagent:problem:refused",
        "title": "Refused",
        "status": 409,
        "detail": "all is halted",
        "reason": "halted",
        "until": None,
        "unknown": 1,
    },
    status=409,
    kind="application/problem+json",
)
FAULT = {
    "id": "f1",
    "service": "chat",
    "type": "latency",
    "fault": {"type": "latency"},
    "state": "PENDING",
    "created_at": "2026-01-31T09:30:00.125Z",
    "expires_at": "2026-01-31T09:32:00.125Z",
    "created_by": "anna",
    "targets": [],
}


def client_of(server: ScriptedServer, token: str | None = "secret") -> Client:
    return Client(ClientSettings(server.url, token, Path()))


@pytest.fixture(autouse=True)
def _without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "RECONNECT_AFTER_S", 0.01)
    monkeypatch.setattr(event_stream, "RECONNECT_S", 0.01)


def test_it_shows_its_token_and_reads_the_answer() -> None:
    with ScriptedServer(WHOAMI) as server, client_of(server) as client:
        assert client.whoami().role == "operator"
        assert server.asked[0].headers["authorization"] == "Bearer secret"


def test_a_get_is_repeated_after_a_broken_connection() -> None:
    with ScriptedServer(Break(), Break(), WHOAMI) as server, client_of(server) as client:
        assert client.whoami().name == "anna"


def test_it_gives_up_after_three_tries() -> None:
    with ScriptedServer(Break()) as server, client_of(server) as client:
        with pytest.raises(UnreachableError, match="broke"):
            client.whoami()
        assert len(server.asked) == 3


def test_a_post_is_repeated_with_the_same_key_so_that_it_happens_once() -> None:
    with ScriptedServer(Break(), Answer(FAULT, 201)) as server, client_of(server) as client:
        assert client.inject("chat", Latency()).id == "f1"
        first, second = (asked.headers["idempotency-key"] for asked in server.asked)
        assert first == second
        client.inject("chat", Latency())
        assert server.asked[2].headers["idempotency-key"] != first


def test_a_delete_is_not_repeated_after_a_broken_connection() -> None:
    with ScriptedServer(Break()) as server, client_of(server) as client:
        with pytest.raises(UnreachableError):
            client.forget_service("chat")
        assert len(server.asked) == 1


def test_nothing_is_repeated_after_a_time_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "ANSWER_TIMEOUT_S", 0.2)
    with ScriptedServer(Silence(20)) as server, client_of(server) as client:
        with pytest.raises(UnreachableError, match="did not answer within"):
            client.inject("chat", Latency())
        assert len(server.asked) == 1


def test_a_busy_platform_is_asked_again_when_it_says_when() -> None:
    with ScriptedServer(BUSY, Answer([], 204)) as server, client_of(server) as client:
        client.forget_service("chat")
        assert len(server.asked) == 2


def test_a_busy_platform_that_does_not_say_when_is_left_alone() -> None:
    busy = Answer(BUSY.body, 503)
    with ScriptedServer(busy) as server, client_of(server) as client:
        with pytest.raises(ApiError, match="Busy"):
            client.whoami()
        assert len(server.asked) == 1


def test_not_ready_is_an_answer() -> None:
    with ScriptedServer(Answer(BUSY.body, 503)) as server, client_of(server) as client:
        assert client.is_ready() is False


def test_a_refusal_comes_with_its_reason() -> None:
    with ScriptedServer(REFUSED) as server, client_of(server) as client:
        with pytest.raises(ApiError, match="all is halted") as caught:
            client.inject("chat", Latency())
        assert (caught.value.status, caught.value.reason) == (409, "halted")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(b"<html>Apache</html>", 404, kind="text/html"),
        Answer(b"<html>Welcome</html>", 200, kind="text/html"),
        Answer({"name": 7}),
        Answer(b"", 301, headers={"location": "http://elsewhere.example/"}),
    ],
)
def test_what_is_no_platform_is_said(answer: Answer) -> None:
    with (
        ScriptedServer(answer) as server,
        client_of(server) as client,
        pytest.raises(UnreachableError, match="TAGENT_URL"),
    ):
        client.whoami()


def test_nobody_there_is_said_with_what_to_do() -> None:
    url = f"http://127.0.0.1:{free_ports(1)[0]}"
    with (
        Client(ClientSettings(url, None, Path())) as client,
        pytest.raises(UnreachableError, match="tagent up"),
    ):
        client.whoami()


def test_the_apis_own_document_is_read_as_it_is() -> None:
    document = {"openapi": "3.1.0", "components": {"schemas": {"Latency": {"type": "object"}}}}
    with ScriptedServer(Answer(document)) as server, client_of(server) as client:
        assert client.openapi() == document
        assert server.asked[0].path == "/openapi.json"


def test_a_fault_may_be_given_as_the_schema_describes_it() -> None:
    given = {"type": "latency", "latency_ms": 40, "newer_field": True}
    with ScriptedServer(Answer(FAULT, 201)) as server, client_of(server) as client:
        assert client.inject("chat", given, force=True).id == "f1"
        assert json.loads(server.asked[0].body) == given
        assert server.asked[0].path == "/api/v1/services/chat/faults?force=true"


def test_a_list_is_followed_through_its_pages() -> None:
    pages = (
        Answer({"items": [FAULT], "next": "c/1"}),
        Answer({"items": [{**FAULT, "id": "f2"}], "next": None}),
    )
    with ScriptedServer(*pages) as server, client_of(server) as client:
        assert [fault.id for fault in client.faults(service="chat", active=True)] == ["f1", "f2"]
        assert server.asked[1].path == "/api/v1/faults?service=chat&active=true&cursor=c%2F1"


def test_the_latest_events_are_asked_for_and_gone_back_from() -> None:
    with ScriptedServer(Answer({"items": [], "next": "c7"})) as server, client_of(server) as client:
        found = client.latest_events(before="c9", service="chat", type_prefix="fault.", actor="a b")
        assert found == ((), "c7")
        client.events(after="c1", type_prefix="fault.")
        assert [asked.path for asked in server.asked] == [
            "/api/v1/events?order=newest&before=c9&service=chat&type=fault.&actor=a+b&limit=100",
            "/api/v1/events?after=c1&type=fault.&limit=100",
        ]


def test_several_metrics_are_one_question() -> None:
    view = {"service": "chat", "metric": "cpu_ratio", "step_s": 5, "points": []}
    answer = Answer({"items": [view, {**view, "metric": "rss_bytes"}], "next": None})
    with ScriptedServer(answer) as server, client_of(server) as client:
        found = client.figures("chat", ["cpu_ratio", "rss_bytes"], window_s=60)
        assert [each.metric for each in found] == ["cpu_ratio", "rss_bytes"]
        query = "metric=cpu_ratio&metric=rss_bytes&window_s=60&step_s=5"
        assert server.asked[0].path == f"/api/v1/services/chat/figures?{query}"


def test_names_are_quoted_in_paths() -> None:
    with ScriptedServer(Answer(None, 204)) as server, client_of(server) as client:
        client.forget_service("../../halt")
        assert server.asked[0].path == "/api/v1/services/..%2F..%2Fhalt"


def test_a_proxy_of_the_environment_is_not_used_on_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_ports(1)[0]}")
    with ScriptedServer(WHOAMI) as server, client_of(server) as client:
        assert client.whoami().name == "anna"


def event(number: int) -> str:
    data = {
        "cursor": f"c{number}",
        "sequence": number,
        "service": "chat",
        "at": "2026-01-31T09:30:00.125Z",
        "type": "fault.armed",
        "text": "x",
    }
    return f"id: c{number}\ndata: {json.dumps(data)}\n\n"


def test_events_go_on_after_a_break_where_they_were() -> None:
    script = (
        Stream(event(1) + event(2) + "data: {half", cut=True),
        Break(),
        Stream(event(3)),
        Stream(event(4)),
    )
    with ScriptedServer(*script) as server, client_of(server) as client:
        cursors = [seen.cursor for seen in islice(client.follow_events(after="c0"), 4)]
        assert cursors == ["c1", "c2", "c3", "c4"]
        sent = [asked.headers["last-event-id"] for asked in server.asked]
        assert sent == ["c0", "c2", "c2", "c3"]


def test_following_nobody_raises_at_once() -> None:
    url = f"http://127.0.0.1:{free_ports(1)[0]}"
    with (
        Client(ClientSettings(url, None, Path())) as client,
        pytest.raises(UnreachableError),
    ):
        next(client.follow_events())


def test_following_without_a_right_to_raises() -> None:
    with (
        ScriptedServer(REFUSED) as server,
        client_of(server) as client,
        pytest.raises(ApiError),
    ):
        next(client.follow_events())


def test_threads_may_read_the_same_kind_of_answer_for_the_first_time_at_once() -> None:
    """A process of its own, since what can go wrong is a segmentation fault."""
    code = """
import sys, threading
from tagent_client.answers import Page, read_answer
from tagent_contract.faults import FaultView
sys.setswitchinterval(1e-6)
body = sys.argv[1].encode()
barrier = threading.Barrier(8)
def read():
    barrier.wait()
    read_answer(body, Page[FaultView])
threads = [threading.Thread(target=read) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print("read")
"""
    body = json.dumps({"items": [FAULT]})
    for _ in range(4):
        done = subprocess.run(
            [sys.executable, "-c", code, body], capture_output=True, text=True, timeout=60
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "read\n", "")
