"""The platform as a process: what it makes, refuses, keeps and how it stops."""

from __future__ import annotations

import asyncio
import shutil
import stat
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from tagent_contract import wire
from tagent_contract.events import Event
from tests.fakes.platform_process import PlatformProcess
from tests.fakes.simulated_sidecar import SimulatedSidecar

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformProcess]:
    """One platform for the tests that leave it as they found it."""
    process = PlatformProcess(tmp_path_factory.mktemp("platform"), TAGENT_HEAD_TIMEOUT_S="10")
    process.start()
    yield process
    process.stop()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[PlatformProcess]:
    """A platform that the test stops, kills and starts again."""
    process = PlatformProcess(tmp_path)
    process.start()
    yield process
    process.stop()


def test_tokens_are_made_for_their_owner_alone(shared: PlatformProcess) -> None:
    folder = shared.home / "tokens"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for role in ("viewer", "operator", "admin"):
        assert stat.S_IMODE((folder / role).stat().st_mode) == 0o600
        assert len(shared.token(role)) >= 43
        whoami = shared.ask("GET", "/api/v1/whoami", token=shared.token(role))
        assert whoami.json()["role"] == role
    assert sorted(path.name for path in folder.iterdir()) == ["admin", "operator", "viewer"]


def test_no_token_is_written_anywhere_else(shared: PlatformProcess) -> None:
    minted = shared.sidecar_token("kept-secret")
    secrets = [shared.token(role).encode() for role in ("viewer", "operator", "admin")]
    for path in [shared.log, *shared.home.glob("*.db*")]:
        content = path.read_bytes()
        assert all(secret not in content for secret in (*secrets, minted.encode())), path


def test_a_second_platform_on_the_same_files_says_so_and_ends(shared: PlatformProcess) -> None:
    ended = shared.run_another("--port", "0")
    assert ended.returncode == 1
    assert "in use" in ended.stderr
    assert str(shared.pid) in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_taken_port_is_named_with_the_option_to_choose_another(
    shared: PlatformProcess, tmp_path: Path
) -> None:
    ended = shared.run_another("--home", str(tmp_path / "other"))
    assert ended.returncode == 1
    assert str(shared.port) in ended.stderr
    assert "--port" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_address_that_others_reach_is_refused_without_configured_tokens(
    shared: PlatformProcess, tmp_path: Path
) -> None:
    ended = shared.run_another("--host", "0.0.0.0", "--home", str(tmp_path / "other"))
    assert ended.returncode == 2
    assert "TAGENT_ADMIN_TOKEN" in ended.stderr
    assert not (tmp_path / "other").exists()


def test_the_log_is_json_a_line(shared: PlatformProcess) -> None:
    serving = shared.log_lines()[0]
    assert {"at", "level", "logger", "message"} <= serving.keys()
    assert shared.url in serving["message"]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_its_metrics_are_what_prometheus_calls_good(shared: PlatformProcess) -> None:
    text = httpx.get(f"{shared.url}/metrics", verify=False).text
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_what_was_acknowledged_outlives_kill_9_and_nothing_is_done_twice(
    own: PlatformProcess,
) -> None:
    key = {"idempotency-key": "token-of-ben"}
    body = {"name": "ben", "role": "viewer"}
    minted = own.ask("POST", "/api/v1/tokens", json=body, headers=key).json()
    assert own.ask("PUT", "/api/v1/halt", json={"reason": "stop"}).status_code == 200
    events = own.ask("GET", "/api/v1/events").json()["items"]
    tokens = [own.token(role) for role in ("viewer", "operator", "admin")]
    own.kill()
    own.start()
    assert own.ask("GET", "/api/v1/whoami", token=minted["token"]).json()["name"] == "ben"
    assert own.ask("GET", "/api/v1/halt").json()["reason"] == "stop"
    assert own.ask("GET", "/api/v1/events").json()["items"][: len(events)] == events
    assert [own.token(role) for role in ("viewer", "operator", "admin")] == tokens
    again = own.ask("POST", "/api/v1/tokens", json=body, headers=key)
    assert again.json()["id"] == minted["id"]
    named = [token["name"] for token in own.ask("GET", "/api/v1/tokens").json()["items"]]
    assert sorted(named) == ["ben", "local-admin", "local-operator", "local-viewer"]


def test_a_token_file_that_was_replaced_locks_the_old_token_out(own: PlatformProcess) -> None:
    old = own.token("viewer")
    (own.home / "tokens" / "viewer").write_text("v" * 43)
    assert own.stop() == 0
    own.start()
    assert own.ask("GET", "/api/v1/whoami", token="v" * 43).json()["role"] == "viewer"
    assert own.ask("GET", "/api/v1/whoami", token=old).status_code == 401


@asynccontextmanager
async def running_sidecar(own: PlatformProcess) -> AsyncIterator[SimulatedSidecar]:
    """A sidecar that has reported and has its plan."""
    token = await asyncio.to_thread(own.sidecar_token, "chat")
    sidecar = SimulatedSidecar(own.port, token, "chat", "chat-1", wait_s=30.0)
    run = asyncio.ensure_future(sidecar.run())
    try:
        await until(lambda: sidecar.plan is not None)
        yield sidecar
    finally:
        run.cancel()
        await asyncio.gather(run, return_exceptions=True)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():
            await asyncio.sleep(0.02)


async def test_a_stop_ends_long_polls_and_streams_at_once(own: PlatformProcess) -> None:
    headers = {"authorization": f"Bearer {own.token()}"}
    async with (
        running_sidecar(own),
        httpx.AsyncClient(timeout=30, verify=False) as client,
        client.stream("GET", f"{own.url}/api/v1/events/stream", headers=headers) as got,
    ):
        parts = got.aiter_bytes()
        await anext(parts)
        began = time.monotonic()
        code = await asyncio.to_thread(own.stop)
        assert [part async for part in parts if b"platform" in part] == []
    assert code == 0
    # A long-poll lasts 30 s and a heartbeat 15 s; nobody waited for either.
    assert time.monotonic() - began < 8.0


async def test_a_stream_goes_on_over_a_restart_without_a_gap(own: PlatformProcess) -> None:
    async def follow(after: str | None, count: int) -> list[Event]:
        headers = {"authorization": f"Bearer {own.token('viewer')}"}
        headers |= {"last-event-id": after} if after else {}
        path = f"{own.url}/api/v1/events/stream"
        seen: list[Event] = []
        async with (
            asyncio.timeout(30),
            httpx.AsyncClient(timeout=30, verify=False) as client,
            client.stream("GET", path, headers=headers) as answer,
        ):
            async for line in answer.aiter_lines():
                if line == ": still here" and after is None and not seen:
                    await asyncio.to_thread(halt, own, "first")
                if line.startswith("data: "):
                    seen.append(wire.decode(line[6:], Event))
                    if len(seen) == count:
                        break
        return seen

    [first] = await follow(None, 1)
    assert (first.type, first.actor) == ("halt.set", "local-admin")
    await asyncio.to_thread(own.kill)
    await asyncio.to_thread(own.start)
    await asyncio.to_thread(halt, own, "second")
    later = await follow(first.cursor, 2)
    sequences = [event.sequence for event in (first, *later)]
    assert sequences == list(range(first.sequence, first.sequence + 3))
    assert [event.type for event in later] == ["platform.started", "halt.set"]


def halt(process: PlatformProcess, reason: str) -> None:
    process.ask("PUT", "/api/v1/halt", json={"reason": reason})


async def test_a_fault_wakes_the_sidecars_long_poll(own: PlatformProcess) -> None:
    async with running_sidecar(own) as sidecar:
        body = {"type": "latency", "reason": "game day"}
        path = "/api/v1/services/chat/faults"
        armed = await asyncio.to_thread(own.ask, "POST", path, json=body)
        assert armed.status_code == 201, armed.text
        await until(lambda: sidecar.active == {armed.json()["id"]})
        await asyncio.to_thread(halt, own, "enough")
        await until(lambda: not sidecar.active)
        fault = f"/api/v1/faults/{armed.json()['id']}"
        states = []
        while not states or states[-1] not in ("HALTED", "FAILED", "LOST"):
            states.append((await asyncio.to_thread(own.ask, "GET", fault)).json()["state"])
            await asyncio.sleep(0.05)
        assert states[-1] == "HALTED"
