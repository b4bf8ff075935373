"""`tagent up`: everything on one machine, and nothing of it left when it ends."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tagent_client.client import Client
from tagent_client.settings import ClientSettings, read_up_file
from tagent_contract.faults import Hang
from tagent_contract.health import Health
from tests.e2e.processes import eventually

TAGENT = [sys.executable, "-m", "tagent_client.cli"]
UP_WITHIN_S = 60.0


def environment(home: Path) -> dict[str, str]:
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("TAGENT_")
    }
    keys = {"GOOGLE_API_KEY": "", "OPENAI_API_KEY": "", "OPENAI_BASE_URL": ""}
    return {**inherited, **keys, "TAGENT_HOME": str(home), "TAGENT_REPORT_INTERVAL_S": "0.5"}


def tagent(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TAGENT, *arguments], env=environment(home), capture_output=True, text=True, timeout=60, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip


@dataclass
class Up:
    """A running `tagent up`."""

    home: Path
    process: subprocess.Popen[str]
    urls: dict[str, str]
    platform: str
    dashboard: str | None

    def client(self) -> Client:
        token = (self.home / "tokens" / "admin").read_text().strip()
        return Client(ClientSettings(self.platform, token, self.home))


@contextmanager
def up(home: Path, *arguments: str, **variables: str) -> Iterator[Up]:
    process = subprocess.Popen(
        [*TAGENT, "up", "--json", "--port-base", "0", *arguments],
        env={**environment(home), **variables},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        said = process.stdout.readline()
        assert said, process.communicate(timeout=60)[1]
        told = json.loads(said)
        yield Up(home, process, told["services"], told["platform"], told["dashboard"])
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate(timeout=60)


def descendants(pid: int) -> set[int]:
    """Return every process below that one."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, ValueError):
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                if state != "Z":
                    parents[int(entry.name)] = int(parent)
    found: set[int] = set()
    while True:
        more = {child for child, parent in parents.items() if parent in found | {pid}} - found
        if not more:
            return found
        found |= more


def alive(pids: set[int]) -> set[int]:
    living = set()
    for pid in pids:
        with suppress(OSError):
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z":
                living.add(pid)
    return living


def healthy(client: Client) -> bool:
    views = client.services()
    return len(views) > 0 and all(view.health is Health.HEALTHY for view in views)


def test_up_brings_everything_and_ends_everything(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with up(home) as running, running.client() as client:
        eventually("all to be healthy", lambda: healthy(client), 60)
        assert {view.name for view in client.services()} == {
            "chat-service",
            "summary-service",
            "demo-service",
        }
        answer = httpx.post(
            f"{running.urls['chat-service']}/v1/chat",
            json={"message": "What is jitter?"},
            timeout=20,
            verify=False,
        )
        assert answer.json()["provider"] == "local"
        eventually(
            "traffic",
            lambda: all(view.figures.requests_per_s > 0 for view in client.services()),
            60,
        )
        eventually("the dashboard", lambda: answers(running.dashboard), 60)
        eventually("the runner's catalog", lambda: client.experiments.all(), 60)
        told = read_up_file(home)
        assert told is not None
        assert told.dashboard == running.dashboard
        assert "answers" in tagent(home, "doctor").stdout
        status = tagent(home, "status")
        assert status.returncode == 0, status.stderr
        assert "The samples answer locally" in status.stdout
        assert sorted(path.name for path in (home / "logs").glob("*.log")) == [
            "chat-service.log", "dashboard.log", "demo-service.log", "platform.log", "runner.log",
            "summary-service.log",
        ]  # fmt: skip
        for token in (home / "tokens" / "sidecars").iterdir():
            assert token.stat().st_mode & 0o077 == 0
        below = descendants(running.process.pid)
        assert len(below) == 10, (
            "platform, dashboard, traffic, runner, and three sidecars with their samples"
        )
        running.process.send_signal(signal.SIGINT)
        running.process.communicate(timeout=60)
        assert running.process.returncode == 130
        assert alive(below) == set()
        assert read_up_file(home) is None


def test_a_second_up_in_the_same_home_says_so_and_one_in_another_runs_beside_it(
    tmp_path: Path,
) -> None:
    with up(tmp_path / "one", "--only", "demo", "--no-traffic", "--no-dashboard") as first:
        second = tagent(tmp_path / "one", "up", "--port-base", "0")
        assert second.returncode == 1
        assert f"already up in {(tmp_path / 'one').resolve()} at {first.platform}" in second.stderr
        with up(tmp_path / "two", "--no-samples", "--no-dashboard") as other:
            assert other.dashboard is None
            assert other.platform != first.platform
            assert other.urls == {}
            with other.client() as client:
                assert client.services() == ()
        assert first.process.poll() is None


@pytest.mark.parametrize(
    ("option", "purpose"), [("--chat-port", "chat-service"), ("--dashboard-port", "the dashboard")]
)
def test_a_taken_port_is_named_before_anything_is_started(
    tmp_path: Path, option: str, purpose: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = tagent(tmp_path / "home", "up", "--port-base", "0", option, str(port))
    assert done.returncode == 1
    assert f"Port {port}, for {purpose}, is taken" in done.stderr
    assert option in done.stderr
    assert not (tmp_path / "home" / "state.db").exists()


def test_a_killed_sidecar_and_a_killed_platform_come_back(tmp_path: Path) -> None:
    with (
        up(tmp_path / "home", "--only", "demo", "--no-traffic", "--no-dashboard") as running,
        running.client() as client,
    ):
        eventually("health", lambda: healthy(client), 60)
        boot = client.service("demo-service").instances[0].boot_id
        assert kill(running, "tagent_sidecar") == 1
        eventually(
            "a new sidecar", lambda: client.service("demo-service").instances[0].boot_id != boot, 60
        )
        eventually("health again", lambda: healthy(client), 60)
        assert kill(running, "tagent_platform") == 1
        eventually("the platform again", lambda: serves(client), 60)
        eventually("health after that", lambda: healthy(client), 60)
        assert (
            httpx.get(
                f"{running.urls['demo-service']}/v1/items", timeout=20, verify=False
            ).status_code
            == 200
        )


def test_a_killed_dashboard_comes_back_and_one_that_cannot_start_disturbs_nobody(
    tmp_path: Path,
) -> None:
    with up(tmp_path / "home", "--no-samples") as running:
        eventually("the dashboard", lambda: answers(running.dashboard), 60)
        assert kill(running, "tagent_dashboard") == 1
        eventually("the dashboard again", lambda: answers(running.dashboard), 60)
    half = {"TAGENT_OIDC_CLIENT_ID": "and nothing else that it needs"}
    with up(tmp_path / "other", "--no-samples", **half) as running, running.client() as client:
        said = tmp_path / "other/logs/dashboard.log"
        eventually("why", lambda: said.exists() and "TAGENT_OIDC" in said.read_text(), 60)
        assert client.is_ready()
        assert "does not answer" in tagent(running.home, "doctor").stdout
        assert running.process.poll() is None


def answers(url: str | None) -> bool:
    try:
        return httpx.get(f"{url}/_stcore/health", timeout=5, verify=False).is_success
    except httpx.HTTPError:
        return False


def serves(client: Client) -> bool:
    from tagent_client.errors import UnreachableError

    try:
        return client.is_ready()
    except UnreachableError:
        return False


def kill(running: Up, module: str) -> int:
    """Kill those of ours that run a module, and return how many there were."""
    killed = 0
    for pid in descendants(running.process.pid):
        with suppress(OSError):
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            if b"-m" in arguments and module.encode() == arguments[arguments.index(b"-m") + 1]:
                os.kill(pid, signal.SIGKILL)
                killed += 1
    return killed


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_nothing_is_left_of_a_killed_up_even_with_a_stopped_service(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with up(home, "--only", "demo") as running, running.client() as client:
        eventually("health", lambda: healthy(client), 60)
        fault = client.inject("demo-service", Hang(healing="observe"))  # type: ignore[arg-type]
        eventually("the hang", lambda: client.fault(fault.id).injected, 60)
        below = descendants(running.process.pid)
        running.process.kill()
        running.process.communicate(timeout=60)
        eventually("all to be gone", lambda: not alive(below), 60)
    with up(home, "--only", "demo", "--no-dashboard") as again, again.client() as client:
        eventually("health in the same home", lambda: healthy(client), 60)


def test_a_sample_that_cannot_start_is_said_at_once_with_its_own_words(tmp_path: Path) -> None:
    done = subprocess.run(
        [*TAGENT, "up", "--port-base", "0", "--only", "chat"],
        env={**environment(tmp_path / "home"), "TEMPERATURE": "warm"},
        capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 1
    assert "TEMPERATURE must be a number from 0 to 2" in done.stderr
    assert read_up_file(tmp_path / "home") is None
