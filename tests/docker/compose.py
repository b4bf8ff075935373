"""A project of docker-compose, as a person runs it."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tagent_client.client import Client
from tagent_client.settings import ClientSettings
from tests.e2e.processes import eventually
from tests.fakes.docker_engine import Engine
from tests.fakes.processes import free_ports

SERVICES = ("chat-service", "summary-service", "demo-service")
PARTS = ("platform", "dashboard", *SERVICES)
START_S = 120.0
"""Past this something hangs."""


@dataclass
class Compose:
    """One project on ports of its own."""

    engine: Engine
    project: str
    command: list[str]
    files: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        names = ("PLATFORM", "DASHBOARD", "CHAT", "SUMMARY", "DEMO")
        self.ports = dict(zip(PARTS, free_ports(len(names)), strict=True))
        self.variables = {
            f"TAGENT_{name}_PORT": str(port)
            for name, port in zip(names, self.ports.values(), strict=True)
        }
        self.variables["COMPOSE_PROJECT_NAME"] = self.project
        self.healthy_after_s = 0.0

    def run(self, *arguments: str, timeout_s: float = 300.0, check: bool = True) -> str:
        """Run a command of it, and return its output."""
        files = [part for file in self.files for part in ("-f", str(file))]
        done = self.engine.run(
            *self.command, *files, *arguments, timeout_s=timeout_s, check=check, **self.variables
        )
        return done.stdout

    def up(self, *options: str) -> None:
        """Start everything and wait until all are healthy, by Docker's word and by Tagent's."""
        began = time.monotonic()
        self.run("up", "-d", *options)
        self.wait_until_healthy()
        self.healthy_after_s = time.monotonic() - began

    def down(self) -> None:
        """Take everything away."""
        self.run("down", "-v", "--remove-orphans")

    def wait_until_healthy(self) -> None:
        """Return once Docker calls each part healthy, and Tagent each service."""
        eventually("docker's healthy", lambda: self._docker_says() >= set(PARTS), START_S)
        with self.client() as client:
            eventually("HEALTHY", lambda: {one.health for one in client.services() if one.name in SERVICES} == {"HEALTHY"}, START_S)  # fmt: skip

    def _docker_says(self) -> set[str]:
        """Return which services are healthy by Docker's word."""
        time.sleep(0.3)  # Each look is a process of its own.
        project = f"label=com.docker.compose.project={self.project}"
        line = '{{.Label "com.docker.compose.service"}}'
        said = self.engine.docker("ps", "--filter", project, "--filter", "health=healthy", "--format", line)  # fmt: skip
        return set(said.split())

    def container(self, service: str) -> str:
        """Return a service's container id."""
        label = f"label=com.docker.compose.service={service}"
        project = f"label=com.docker.compose.project={self.project}"
        return self.engine.docker("ps", "-aq", "--filter", label, "--filter", project)

    def inspect(self, service: str, path: str) -> str:
        """Return what Docker says of a container."""
        return self.engine.docker(
            "inspect", "--format", "{{json " + path + "}}", self.container(service)
        )

    def restarts(self, service: str) -> int:
        """Return how often the restart policy started it again."""
        time.sleep(0.3)
        return int(self.inspect(service, ".RestartCount"))

    def execute(self, service: str, *command: str, check: bool = True) -> str:
        """Run a command in a container."""
        done = self.engine.run("docker", "exec", self.container(service), *command, check=check)
        return (done.stdout + done.stderr).strip()

    def kill(self, service: str, *words: str, number: int = signal.SIGKILL) -> None:
        """Send a signal from the host to a container's process 1, or to the one whose command line ends with these words."""
        os.kill(self.engine.process_of(self.container(service), *words), number)

    def token(self, role: str) -> str:
        """Return a person's token."""
        return self.execute("platform", "cat", f"/var/lib/tagent/tokens/{role}")

    def client(self) -> Client:
        """Return an operator's client."""
        url = f"http://127.0.0.1:{self.ports['platform']}"
        return Client(ClientSettings(url, self.token("operator"), Path("/nonexistent")))

    def url(self, part: str) -> str:
        """Return where a part is reached from the host."""
        return f"http://127.0.0.1:{self.ports[part]}"

    def answers(self, part: str, path: str = "/healthz") -> bool:
        """Tell whether it answers well."""
        try:
            return httpx.get(self.url(part) + path, timeout=5, verify=False).is_success
        except httpx.HTTPError:
            return False
