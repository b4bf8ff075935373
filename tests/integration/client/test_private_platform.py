"""The command line and a sidecar before a private platform: who shows a Google ID token comes in, and who does not is told why."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.cloud_run_front import CloudRunFront, cloud_run_front
from tests.fakes.metadata_server import ACCOUNT, FakeMetadata, metadata_server
from tests.fakes.platform_process import BYTECODE, PlatformProcess
from tests.fakes.processes import free_ports

pytestmark = pytest.mark.integration

AUDIENCE = "https://platform-abc.run.app"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlatformProcess]:
    one = PlatformProcess(tmp_path_factory.mktemp("platform"))
    one.start()
    yield one
    one.stop()


@pytest.fixture
def front(platform: PlatformProcess) -> Iterator[CloudRunFront]:
    with cloud_run_front(platform.port, AUDIENCE) as one:
        yield one


@pytest.fixture
def metadata() -> Iterator[FakeMetadata]:
    with metadata_server() as fake:
        yield fake


class Person:
    """Somebody at a shell."""

    def __init__(self, platform: PlatformProcess, front: CloudRunFront, home: Path) -> None:
        self.platform, self.front, self.home = platform, front, home

    def runs(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tagent_client.cli", *arguments],
            env={
                **{k: v for k, v in os.environ.items() if not k.startswith(("TAGENT_", "GCE_"))},
                "PYTHONPYCACHEPREFIX": BYTECODE,
                "HOME": str(self.home),
                "TAGENT_HOME": str(self.home / "home"),
                "TAGENT_URL": self.front.url,
                "TAGENT_TOKEN": self.platform.token(),
                "TAGENT_ID_TOKEN_AUDIENCE": AUDIENCE,
                **env,
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.fixture
def person(platform: PlatformProcess, front: CloudRunFront, tmp_path: Path) -> Person:
    return Person(platform, front, tmp_path)


def on_google(metadata: FakeMetadata) -> dict[str, str]:
    return {"GCE_METADATA_HOST": metadata.host, "GCE_METADATA_IP": metadata.host}


NOWHERE = {"NO_GCE_CHECK": "true"}


def test_a_service_account_comes_in_with_both_tokens(
    person: Person, front: CloudRunFront, metadata: FakeMetadata
) -> None:
    done = person.runs("status", "--json", **on_google(metadata))
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)
    assert front.let_in > 0
    assert front.refused == 0
    assert metadata.tokens_given == 1


def test_whoever_lacks_the_role_is_told_which_and_whose(
    person: Person, front: CloudRunFront, metadata: FakeMetadata
) -> None:
    front.invokers = set()
    done = person.runs("status", **on_google(metadata))
    assert done.returncode == 3
    words = " ".join(done.stderr.split())
    assert f"give {ACCOUNT} the role roles/run.invoker" in words
    assert "Traceback" not in done.stderr


def test_a_token_for_another_audience_is_told_apart(person: Person, metadata: FakeMetadata) -> None:
    done = person.runs("status", **on_google(metadata), TAGENT_ID_TOKEN_AUDIENCE="https://x.run.app")  # fmt: skip
    assert done.returncode == 3
    assert "is for https://x.run.app" in " ".join(done.stderr.split())


def test_where_google_is_not_known_a_way_to_be_known_is_told(person: Person) -> None:
    done = person.runs("status", **NOWHERE)
    assert done.returncode == 3
    assert "gcloud auth application-default login" in " ".join(done.stderr.split())


def test_the_platforms_own_refusal_stays_its_own(person: Person, metadata: FakeMetadata) -> None:
    done = person.runs("status", **on_google(metadata), TAGENT_TOKEN="x" * 40)
    assert done.returncode == 1
    assert "TAGENT_TOKEN" in done.stderr
    assert "run.invoker" not in done.stderr


def test_off_shows_none(person: Person, metadata: FakeMetadata) -> None:
    done = person.runs("status", **on_google(metadata), TAGENT_ID_TOKEN_AUDIENCE="off")
    assert done.returncode == 3
    assert "no Tagent platform (status 403)" in " ".join(done.stderr.split())
    assert metadata.asked == []


def test_a_real_sidecar_registers_through_the_front(
    platform: PlatformProcess, front: CloudRunFront, metadata: FakeMetadata
) -> None:
    port, app = free_ports(2)
    sidecar = subprocess.Popen(
        [sys.executable, "-m", "tagent_sidecar", "run", "--report-interval-s", "0.2"],
        env={
            **os.environ,
            "PORT": str(port),
            "K_SERVICE": "chat",
            "K_REVISION": "chat-00001-abc",
            "GCE_METADATA_HOST": metadata.host,
            "TAGENT_TARGET": f"127.0.0.1:{app}",
            "TAGENT_PLATFORM_URL": front.url,
            "TAGENT_TOKEN": platform.sidecar_token("chat"),
            "TAGENT_ID_TOKEN_AUDIENCE": AUDIENCE,
        },
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 30
        while (found := platform.ask("GET", "/api/v1/services/chat")).status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        (instance,) = found.json()["instances"]
        assert instance["revision"] == "chat-00001-abc"
    finally:
        sidecar.terminate()
        assert sidecar.wait(15) == 0
