"""A real platform heals services on Cloud Run: an API that speaks the real protocol starts real sidecars and services for each revision."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tagent_client.client import Client
from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState, IncidentView, Outcome, Remedy
from tests.e2e.processes import BIN, HANG_S, Process, eventually, free_port
from tests.e2e.stack import FAST_POLICY, SIDECAR_ENV, TOY, Stack, stack
from tests.fakes.cloud_run_server import PROJECT, REGION, CloudRunServer
from tests.fakes.metadata_server import FakeMetadata, metadata_server

PLATFORM = {
    "TAGENT_RUNTIME": "cloud_run",
    "TAGENT_CLOUD_RUN_PROJECT": PROJECT,
    "TAGENT_CLOUD_RUN_REGION": REGION,
    "TAGENT_ROLL_OUT_POLL_S": "0.2",
    "TAGENT_REVISIONS_POLL_S": "0.2",
    "TAGENT_ROLL_BACK_POLL_S": "0.2",
}


@dataclass
class Cloud:
    """Runs an instance of each revision that is made, and stops those of revisions that serve no more."""

    running: Stack
    metadata: FakeMetadata
    token: str
    server: CloudRunServer = field(default_factory=CloudRunServer)
    instances: dict[str, list[Process]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.server.on_revision = self.start
        self.server.on_serving = self.keep

    def sick_file(self, revision: str) -> Path:
        """Where there is such a file, the revision's instance answers 503."""
        return self.running.folder / f"{revision}.sick"

    def start(self, revision: str) -> None:
        port, app = free_port(), free_port()
        start = self.running.processes.start
        toy = start(
            f"app-{revision}",
            [sys.executable, TOY, "--port", str(app), "--sick-file", self.sick_file(revision)],
        )
        sidecar = start(
            f"sidecar-{revision}",
            [BIN / "tagent-sidecar", "run"],
            {
                **SIDECAR_ENV,
                "PORT": str(port),
                "K_SERVICE": "chat",
                "K_REVISION": revision,
                "GCE_METADATA_HOST": self.metadata.host,
                "TAGENT_INSTANCE": f"{revision}-instance",
                "TAGENT_TARGET": f"127.0.0.1:{app}",
                "TAGENT_PLATFORM_URL": self.running.url,
                "TAGENT_TOKEN": self.token,
            },
        )
        self.instances[revision] = [sidecar, toy]

    def close(self) -> None:
        """Start nothing more, and end the API; a call under way comes to its end first."""
        with self.server.lock:
            self.server.on_revision = lambda _revision: None
            self.server.on_serving = lambda _revisions: None
        self.server.stop()

    def keep(self, revisions: frozenset[str]) -> None:
        for revision in self.instances.keys() - revisions:
            for process in self.instances.pop(revision):
                process.popen.terminate()
        for revision in revisions - self.instances.keys():
            self.start(revision)


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    server = CloudRunServer()
    with (
        metadata_server() as metadata,
        stack(tmp_path, **PLATFORM, TAGENT_CLOUD_RUN_ENDPOINT=server.endpoint) as running,
    ):
        with running.client() as client:
            token = client.mint_token("chat", "sidecar", "chat").token or ""
        one = Cloud(running, metadata, token, server)
        server.start()
        try:
            yield one
        finally:
            one.close()


@contextmanager
def serving(cloud: Cloud) -> Iterator[Client]:
    """Deploy the first revision, and wait until its instance is healthy."""
    cloud.server.deploy("chat", TAGENT_SERVICE="chat")
    with cloud.running.client() as client:
        eventually("it to be healthy", lambda: is_healthy(client, "chat-00001-abc"))
        client.set_policy("chat", FAST_POLICY)
        yield client


def is_healthy(client: Client, revision: str) -> bool:
    services = {one.name: one for one in client.services()}
    found = services.get("chat")
    if found is None or found.health is not Health.HEALTHY:
        return False
    return {one.revision for one in found.instances if not one.retired} == {revision}


def resolved(client: Client) -> IncidentView | None:
    latest = next(iter(client.incidents(service="chat")), None)
    if latest is None or latest.state is not IncidentState.RESOLVED:
        return None
    return client.incident(latest.id)


def test_a_platform_killed_in_mid_roll_out_follows_on_and_restarts_nothing_twice(
    cloud: Cloud,
) -> None:
    with serving(cloud) as client:
        cloud.server.plan.is_held = True
        cloud.sick_file("chat-00001-abc").touch()

        def asked() -> bool:
            found = list(client.incidents(service="chat", unresolved=True))
            attempts = [attempt for incident in found for attempt in incident.attempts]
            return any(a.roll_out and a.roll_out.revision == "chat-00002-abc" for a in attempts)

        eventually("the roll-out to be known", asked)
        cloud.running.kill_platform()
        cloud.running.start_platform()
        cloud.server.let_go()

        incident = eventually("the incident to be resolved", lambda: resolved(client))
        assert cloud.server.names("chat") == ["chat-00001-abc", "chat-00002-abc"]
        assert cloud.server.count("update_service") == 1
        (attempt,) = incident.attempts
        assert (attempt.remedy, attempt.outcome) == (Remedy.RESTART_SERVICE, Outcome.VERIFIED)
        kinds = [line.kind for line in incident.timeline]
        assert kinds.count("roll_out") >= 2
        assert "verified" in kinds
        eventually("the old instance to be gone", lambda: is_healthy(client, "chat-00002-abc"))


def test_a_bad_deployment_is_rolled_back_until_a_mended_one_is_there(cloud: Cloud) -> None:
    with serving(cloud) as client:
        for revision in ("chat-00002-abc", "chat-00003-abc"):
            cloud.sick_file(revision).touch()
        cloud.server.plan.failure = ""
        cloud.server.deploy("chat", image="img@sha256:2", TAGENT_SERVICE="chat")
        cloud.server.plan.failure = "the user-provided container failed to start"

        incident = eventually("the roll back to be verified", lambda: resolved(client))
        assert [(a.remedy, a.outcome) for a in incident.attempts] == [
            (Remedy.RESTART_SERVICE, Outcome.FAILED),
            (Remedy.ROLL_BACK, Outcome.VERIFIED),
        ]
        assert cloud.server.serving("chat") == {"chat-00001-abc"}

        cloud.server.plan.failure = ""
        cloud.server.deploy("chat", image="img@sha256:3", TAGENT_SERVICE="chat")
        newest = cloud.server.names("chat")[-1]
        eventually("traffic to follow it", lambda: cloud.server.serving("chat") == {newest})
        eventually("it to be healthy", lambda: is_healthy(client, newest))
        types = {event.type for event in cloud.running.events()}
        assert {"traffic.held", "traffic.released"} <= types


def test_a_person_sees_a_recovery_go_on_as_text_and_as_json(cloud: Cloud) -> None:
    with serving(cloud):
        env = {
            "TAGENT_URL": cloud.running.url,
            "TAGENT_TOKEN": cloud.running.token("operator"),
            "TAGENT_HOME": str(cloud.running.home),
        }

        def recovers(*more: str) -> str:
            command = [BIN / "tagent", "recover", "chat", *more]
            process = cloud.running.processes.start("recover", command, env)
            assert process.popen.wait(HANG_S) == 0, process.said()
            return process.said()

        shown = recovers("--reason", "a new one")
        assert "revision chat-00002-abc serves" in shown
        assert "chat-00002-abc: 1 HEALTHY" in shown
        assert "health held for" in shown or "held its health" in shown
        lines = [json.loads(line) for line in recovers("--json").splitlines()]
        assert len(lines) > 1
        assert lines[-1]["state"] == "RESOLVED"
        assert lines[-1]["attempts"][-1]["roll_out"]["revision"] == "chat-00003-abc"
        assert json.loads(recovers("--json", "--no-wait"))["state"] == "REMEDIATING"
