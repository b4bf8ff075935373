"""The samples as processes: they answer locally, and through a provider that may misbehave."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.fakes.language_model import LanguageModel
from tests.fakes.processes import accepts, free_ports, start_module, stop, wait_until

pytestmark = pytest.mark.integration

NO_KEYS = {"GOOGLE_API_KEY": "", "OPENAI_API_KEY": "", "OPENAI_BASE_URL": ""}
IMPATIENT = {"PROVIDER_SILENCE_S": "0.6", "PROVIDER_WHOLE_S": "1.2"}


class Sample:
    """A running sample."""

    def __init__(self, module: str, env: dict[str, str]) -> None:
        self.port = free_ports(1)[0]
        self.process = start_module(
            f"tagent_samples.{module}", ["--port", str(self.port)], {**NO_KEYS, **env}
        )
        wait_until(lambda: accepts(self.port) or self.process.poll() is not None, f"{module} up")
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", timeout=15, verify=False
        )

    def close(self) -> None:
        self.client.close()
        stop(self.process)


@pytest.fixture(scope="module")
def model() -> Iterator[LanguageModel]:
    with LanguageModel() as model:
        yield model


@pytest.fixture(scope="module")
def local_chat() -> Iterator[Sample]:
    sample = Sample("chat_service", {})
    yield sample
    sample.close()


@pytest.fixture(scope="module")
def local_summary() -> Iterator[Sample]:
    sample = Sample("summary_service", {})
    yield sample
    sample.close()


@pytest.fixture(scope="module")
def demo() -> Iterator[Sample]:
    sample = Sample("demo_service", {})
    yield sample
    sample.close()


@pytest.fixture(scope="module", params=["openai-compatible", "gemini"])
def remote_chat(request: pytest.FixtureRequest, model: LanguageModel) -> Iterator[Sample]:
    env = (
        {"GOOGLE_API_KEY": "sesame", "GEMINI_BASE_URL": model.url, "GEMINI_MODEL_ID": "some-model"}
        if request.param == "gemini"
        else {"OPENAI_API_KEY": "sesame", "OPENAI_BASE_URL": f"{model.url}/v1"}
    )
    sample = Sample("chat_service", {**env, **IMPATIENT, "MAX_TOKENS": "99", "TEMPERATURE": "0.1"})
    sample.client.headers["x-provider"] = request.param
    yield sample
    sample.close()


def events(response: httpx.Response) -> list[tuple[str, dict[str, object]]]:
    assert response.headers["content-type"].startswith("text/event-stream")
    found = []
    for block in response.text.split("\n\n"):
        if block:
            fields = dict(line.split(": ", 1) for line in block.split("\n"))
            found.append((fields.get("event", "message"), json.loads(fields["data"])))
    return found


def test_without_a_key_chat_answers_locally(local_chat: Sample) -> None:
    assert local_chat.client.get("/healthz").json() == {
        "status": "ok",
        "service": "chat-service",
        "provider": "local",
    }
    answer = local_chat.client.post("/v1/chat", json={"message": "What is a bulkhead?"}).json()
    assert answer["answer"].startswith("A bulkhead keeps")
    assert answer["provider"] == "local"


def test_a_streamed_answer_is_the_whole_answer_in_pieces(local_chat: Sample) -> None:
    question = {"message": "What is a bulkhead?"}
    whole = local_chat.client.post("/v1/chat", json=question).json()["answer"]
    *pieces, last = events(local_chat.client.post("/v1/chat", json={**question, "stream": True}))
    assert "".join(str(data["text"]) for _kind, data in pieces) == whole
    assert last == ("done", {"provider": "local"})


@pytest.mark.parametrize(
    ("body", "status", "word"),
    [
        (b"{", 422, "JSON"),
        (b"[]", 422, "object"),
        (b"{}", 422, "message"),
        (b'{"message": 3}', 422, "message"),
        (b'{"message": "x", "stream": "yes"}', 422, "stream"),
        (b'{"message": "x", "history": [{"author": "cat", "text": "x"}]}', 422, "author"),
        (b'{"message": "' + b"x" * 2**20 + b'"}', 413, "larger"),
        (b"[" * 100_000, 422, "JSON"),
    ],
)
def test_a_wrong_body_is_a_problem_that_says_what_is_wrong(
    local_chat: Sample, body: bytes, status: int, word: str
) -> None:
    response = local_chat.client.post("/v1/chat", content=body)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert word in response.json()["detail"]


def test_the_summary_has_the_sentences_asked_for(local_summary: Sample) -> None:
    body = {"text": "Storms hit harbours. Gulls fly. Storms broke harbours.", "sentences": 2}
    answer = local_summary.client.post("/v1/summary", json=body).json()
    assert answer["summary"] == "Storms hit harbours. Storms broke harbours."
    assert local_summary.client.get("/healthz").json()["provider"] == "local"


def test_items_are_created_read_changed_and_deleted(demo: Sample) -> None:
    created = demo.client.post("/v1/items", json={"name": "lamp", "quantity": 2})
    path = created.headers["location"]
    assert (created.status_code, created.json()["quantity"]) == (201, 2)
    assert demo.client.get(path).json() == created.json()
    assert demo.client.put(path, json={"name": "lamp"}).json()["quantity"] == 1
    assert demo.client.get("/v1/items").json()["total"] == 1
    assert demo.client.delete(path).status_code == 204
    assert demo.client.get(path).status_code == 404
    assert demo.client.patch(path).status_code == 405
    assert demo.client.get(path).headers["content-type"] == "application/problem+json"


def test_with_a_key_the_provider_answers(remote_chat: Sample, model: LanguageModel) -> None:
    name = remote_chat.client.headers["x-provider"]
    assert remote_chat.client.get("/healthz").json()["provider"] == name
    body = {"message": "speak", "history": [{"author": "assistant", "text": "before"}]}
    answer = remote_chat.client.post("/v1/chat", json=body).json()
    assert answer == {"answer": "All is well.", "provider": name}
    path, headers, sent = model.requests[-1]
    if name == "gemini":
        assert path == "/models/some-model:streamGenerateContent?alt=sse"
        assert headers["x-goog-api-key"] == "sesame"
        assert sent["generationConfig"] == {"temperature": 0.1, "maxOutputTokens": 99}
        assert [turn["role"] for turn in sent["contents"]] == ["model", "user"]
    else:
        assert path == "/v1/chat/completions"
        assert headers["authorization"] == "Bearer sesame"
        assert (sent["temperature"], sent["max_tokens"]) == (0.1, 99)
        assert [turn["role"] for turn in sent["messages"]] == ["system", "assistant", "user"]


def test_a_provider_s_answer_is_streamed_too(remote_chat: Sample) -> None:
    response = remote_chat.client.post("/v1/chat", json={"message": "speak", "stream": True})
    assert [data.get("text") for _kind, data in events(response)] == ["All ", "is ", "well.", None]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("behaviour", "status", "word"),
    [
        ("refuse", 502, "429"),
        ("close", 502, "reached"),
        ("lie", 502, "JSON"),
        ("nonsense", 502, "[0]"),
        ("silence", 502, "without a word"),
        ("hang", 504, "0.6 s"),
        ("drip", 504, "1.2 s"),
    ],
)
def test_a_misbehaving_provider_is_a_clear_problem_and_never_a_hang(
    remote_chat: Sample, behaviour: str, status: int, word: str, stream: bool
) -> None:
    response = remote_chat.client.post("/v1/chat", json={"message": behaviour, "stream": stream})
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert word in response.json()["detail"]


def test_a_provider_that_breaks_off_midway_ends_the_stream_with_an_error(
    remote_chat: Sample,
) -> None:
    response = remote_chat.client.post("/v1/chat", json={"message": "break", "stream": True})
    first, last = events(response)
    assert first[1] == {"text": "All "}
    assert (last[0], last[1]["status"]) == ("error", 502)
    assert "overloaded" in str(last[1]["detail"])


def test_a_provider_that_is_down_is_a_502() -> None:
    nobody = free_ports(1)[0]
    sample = Sample("summary_service", {"OPENAI_BASE_URL": f"http://127.0.0.1:{nobody}/v1"})
    try:
        response = sample.client.post("/v1/summary", json={"text": "x"})
        assert response.status_code == 502
        assert "cannot be reached" in response.json()["detail"]
        assert sample.client.get("/healthz").status_code == 200
    finally:
        sample.close()


def test_sigterm_ends_a_sample_at_once_even_with_a_connection_open() -> None:
    sample = Sample("demo_service", {})
    try:
        assert sample.client.get("/healthz").status_code == 200
        started = time.monotonic()
        sample.process.send_signal(signal.SIGTERM)
        sample.process.wait(timeout=10)
        assert time.monotonic() - started < 5
    finally:
        sample.close()


def test_a_wrong_setting_is_named() -> None:
    sample = start_module("tagent_samples.chat_service", [], {**NO_KEYS, "TEMPERATURE": "warm"})
    _out, err = sample.communicate(timeout=20)
    assert sample.returncode == 2
    assert err.startswith("chat-service: TEMPERATURE must be a number")


def test_a_sample_logs_a_line_for_each_request_but_not_for_health_checks() -> None:
    sample = Sample("demo_service", {})
    sample.client.get("/healthz")
    sample.client.get("/v1/items")
    sample.client.close()
    out, _err = stop(sample.process)
    assert [line.split()[2:6] for line in out.splitlines()] == [["INFO", "GET", "/v1/items", "200"]]


def test_traffic_flows_and_ends_with_its_parent(demo: Sample, local_chat: Sample) -> None:
    # The parent is a process of ours that starts the traffic, prints its pid and waits to be killed.
    nobody = free_ports(1)[0]
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'tagent_samples.traffic', *sys.argv[1:]])\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    urls = ["--chat", f"http://127.0.0.1:{local_chat.port}", "--demo", f"http://127.0.0.1:{nobody}"]
    parent = subprocess.Popen(
        [sys.executable, "-c", code, *urls, "--rate-per-s", "40"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert parent.stderr is not None
    complaint = parent.stderr.readline()
    parent.kill()
    parent.wait()
    rest = parent.stderr.read()
    wait_until(lambda: not _alive(child), "the traffic ended")
    assert complaint == "demo: ConnectError (said once)\n"
    assert rest == ""
    parent.stdout.close()
    parent.stderr.close()


def test_traffic_ends_in_order_when_asked_to() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(30)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = start_module("tagent_samples.traffic", ["--demo", url], {})
        connection, _ = silent.accept()
        with connection:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=30) == 0
    stop(process)


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
