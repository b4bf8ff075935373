"""A whole Tagent for a test: a platform and sidecars as processes, with time scaled down."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tagent_client.client import Client
from tagent_client.errors import TagentError
from tagent_client.settings import ClientSettings
from tagent_contract.events import Event
from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState, IncidentView
from tagent_contract.policy import HealingPolicy, HealthPolicy, RestartPolicy, ServicePolicy
from tests.e2e.processes import BIN, Process, Processes, eventually, free_port, processes

TOY = Path(__file__).resolve().parents[1] / "fakes" / "toy_service.py"

LEASE_S = 3.0
OFFLINE_AFTER_S = 3.0

FAST_POLICY = ServicePolicy(
    health=HealthPolicy(
        check_interval_s=0.1,
        inside_timeout_s=0.5,
        outside_timeout_s=2.0,
        failure_threshold=2,
        success_threshold=2,
        startup_timeout_s=5.0,
        window_s=2.0,
        requests_min=5,
        latency_limit_ms=1000.0,
    ),
    restart=RestartPolicy(backoff_first_s=0.4, backoff_max_s=4.0, stop_grace_s=2.0),
    healing=HealingPolicy(verify_hold_s=0.5, verify_within_s=10.0),
)
"""What a policy says, about ten times as fast; but the latency limit, which a busy machine must not pass by itself."""

PLATFORM_ENV = {
    "TAGENT_OFFLINE_AFTER_S": str(OFFLINE_AFTER_S),
    "TAGENT_ACKNOWLEDGED_WITHIN_S": "3",
    "TAGENT_LEASE_S": str(LEASE_S),
    "TAGENT_LOST_MARGIN_S": "0.5",
    "TAGENT_TICK_S": "0.1",
}
SIDECAR_ENV = {
    "TAGENT_REPORT_INTERVAL_S": "0.5",
    "TAGENT_PLAN_WAIT_S": "1",
    "TAGENT_LEASE_S": str(LEASE_S),
    "TAGENT_RETRY_LONGEST_S": "1",
}
"""A third of OFFLINE_AFTER_S, as the default of 5 s is of 12 s: a sidecar is heard before a returned platform gives it up."""


@dataclass
class Sidecar:
    """A sidecar and the service it started."""

    service: str
    instance: str
    port: int
    target_port: int
    process: Process
    command: list[str | Path]
    env: dict[str, str]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str = "/", timeout_s: float = 10.0) -> httpx.Response:
        """Ask the service through its sidecar, on a connection of its own."""
        return httpx.get(self.url + path, timeout=timeout_s, verify=False)

    def status(self, path: str = "/", timeout_s: float = 10.0) -> int | str:
        """Return the status, or the name of what went wrong."""
        try:
            return self.get(path, timeout_s).status_code
        except httpx.HTTPError as error:
            return type(error).__name__


@dataclass
class Stack:
    """The platform, its sidecars, and a client with the admin's token."""

    folder: Path
    processes: Processes
    port: int
    env: dict[str, str] = field(default_factory=dict)
    platform: Process | None = None
    sidecars: dict[str, Sidecar] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def token(self, role: str = "admin") -> str:
        return (self.home / "tokens" / role).read_text().strip()

    def client(self, token: str | None = None) -> Client:
        return Client(ClientSettings(self.url, token or self.token(), self.home))

    def start_platform(self, **env: str) -> Process:
        """Start the platform, again on the same home if it ran before, and wait until it is ready."""
        self.env.update(env)
        self.platform = self.processes.start(
            "platform",
            [
                BIN / "tagent-platform",
                "--host",
                "127.0.0.1",
                "--port",
                str(self.port),
                "--home",
                self.home,
            ],
            {**PLATFORM_ENV, **self.env},
        )
        eventually("the platform to be ready", self._is_ready)
        return self.platform

    def _is_ready(self) -> bool:
        assert self.platform is not None
        assert self.platform.running, f"the platform ended:\n{self.platform.said()[-2000:]}"
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2, verify=False).is_success
        except httpx.HTTPError:
            return False

    def kill_platform(self) -> None:
        assert self.platform is not None
        self.platform.kill()

    def start_sidecar(
        self,
        service: str,
        *toy_options: str,
        command: Sequence[str | Path] | None = None,
        options: Sequence[str] = (),
        policy: ServicePolicy | None = FAST_POLICY,
        env: dict[str, str] | None = None,
        wait: bool = True,
    ) -> Sidecar:
        """Start a toy service (or `command`, in which `{port}` is filled in) behind a sidecar, and wait until it is healthy."""
        port, target_port = free_port(), free_port()
        toy = [sys.executable, "-S", str(TOY), "--port", "{port}", *toy_options]
        child = [str(part).replace("{port}", str(target_port)) for part in (command or toy)]
        instance = f"{service}-{port}"
        with self.client() as client:
            minted = client.mint_token(instance, "sidecar", service).token
        assert minted
        arguments: list[str | Path] = [
            BIN / "tagent-sidecar", "run", "--service", service, "--instance", instance,
            "--listen", f"127.0.0.1:{port}", "--target", f"127.0.0.1:{target_port}",
            "--platform-url", self.url, *options, "--", *child,
        ]  # fmt: skip
        full_env = {**SIDECAR_ENV, "TAGENT_TOKEN": minted, **(env or {})}
        process = self.processes.start(f"sidecar-{instance}", arguments, full_env)
        sidecar = Sidecar(service, instance, port, target_port, process, arguments, full_env)
        self.sidecars[instance] = sidecar
        if policy is not None:
            with self.client() as client:
                eventually(f"{service} to be known", lambda: is_known(client, instance))
                client.set_policy(service, policy)
        if wait:
            self.wait_for_health(service, Health.HEALTHY)
        return sidecar

    def start_again(self, sidecar: Sidecar) -> None:
        """Start a dead sidecar as it was started before, as `tagent up` would."""
        eventually("its port to be free", lambda: not _answers(sidecar.port))
        sidecar.process = self.processes.start(
            f"sidecar-{sidecar.instance}", sidecar.command, sidecar.env
        )

    # What the platform says

    def is_known(self, instance: str) -> bool:
        with self.client() as client:
            return is_known(client, instance)

    def health(self, service: str) -> Health | None:
        try:
            with self.client() as client:
                return client.service(service).health
        except TagentError:
            return None

    def wait_for_health(self, service: str, health: Health, within_s: float = 30.0) -> None:
        eventually(f"{service} to be {health}", lambda: self.health(service) == health, within_s)

    def events(self, service: str | None = None) -> list[Event]:
        """Return the whole event log, oldest first."""
        found: list[Event] = []
        cursor: str | None = None
        with self.client() as client:
            while True:
                page, cursor_after = client.events(after=cursor, limit=500)
                found += page
                if not page or cursor_after is None or cursor_after == cursor:
                    break
                cursor = cursor_after
        return [event for event in found if service is None or event.service == service]

    def incidents(self, service: str) -> list[IncidentView]:
        """Return the service's incidents, each with its timeline, newest first."""
        with self.client() as client:
            return [client.incident(brief.id) for brief in client.incidents(service=service)]

    def wait_for_incident(
        self, service: str, state: IncidentState, within_s: float = 30.0
    ) -> IncidentView:
        def look() -> IncidentView | None:
            return next((found for found in self.incidents(service) if found.state is state), None)

        return eventually(f"an incident of {service} to be {state}", look, within_s)


def is_known(client: Client, instance: str) -> bool:
    """Tell whether the platform has heard of the instance."""
    return any(
        known.name == instance for service in client.services() for known in service.instances
    )


def _answers(port: int) -> bool:
    try:
        httpx.get(f"http://127.0.0.1:{port}/", timeout=0.5, verify=False)
    except httpx.TransportError:
        return False
    return True


@contextmanager
def stack(folder: Path, **env: str) -> Iterator[Stack]:
    """Give a test a running platform; what the test starts ends with it."""
    with processes(folder) as started:
        one = Stack(folder, started, free_port())
        one.start_platform(**env)
        yield one
