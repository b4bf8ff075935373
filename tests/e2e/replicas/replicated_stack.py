"""A whole Tagent over Firestore: platforms as processes behind a balancer, and sidecars, with time scaled down."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tagent_client.client import Client
from tagent_client.errors import ApiError
from tagent_client.settings import ClientSettings
from tagent_contract.faults import FaultState
from tagent_contract.incidents import IncidentState, IncidentView
from tests.e2e.processes import BIN, Process, eventually, free_port, processes
from tests.e2e.stack import PLATFORM_ENV, Stack
from tests.fakes.balancer import balancer

REPLICA_ENV = {
    **PLATFORM_ENV,
    "TAGENT_STORE": "firestore",
    "TAGENT_REPLICA_HEARTBEAT_INTERVAL_S": "0.5",
    "TAGENT_CONFIRM_INTERVAL_S": "0.2",
    "TAGENT_HEARSAY_LATE_S": "1.5",
    "TAGENT_TAKEOVER_AFTER_S": "2.5",
}


@dataclass
class ReplicatedStack(Stack):
    """`url` is the balancer's; each replica has a port and a home of its own, and all have the same tokens."""

    ports: tuple[int, ...] = ()
    platforms: dict[int, Process] = field(default_factory=dict)
    admin_token: str = field(default_factory=lambda: secrets.token_hex(24))

    def token(self, role: str = "admin") -> str:
        assert role == "admin"
        return self.admin_token

    def client_of(self, number: int) -> Client:
        """Return a client of one replica alone."""
        url = f"http://127.0.0.1:{self.ports[number]}"
        return Client(ClientSettings(url, self.admin_token, self.home))

    def start_replica(self, number: int, *, wait: bool = True) -> Process:
        """Start one, again if it ran before."""
        home = self.folder / f"home-{number}"
        command: list[str | Path] = [
            BIN / "tagent-platform", "--host", "127.0.0.1", "--port", str(self.ports[number]), "--home", home,
        ]  # fmt: skip
        env = {
            **REPLICA_ENV,
            "TAGENT_ADMIN_TOKEN": self.admin_token,
            "TAGENT_REPLICA": f"replica-{number}",
            **self.env,
        }
        process = self.processes.start(f"replica-{number}", command, env)
        self.platforms[number] = process
        if wait:
            self.wait_until_ready(number)
        return process

    def wait_until_ready(self, number: int) -> None:
        """Return when it is; what it said instead is in the test's report."""
        eventually(f"replica {number} to be ready", lambda: self.is_ready(number), 60)

    def wait_until_healed(self, service: str, fault_id: str) -> IncidentView:
        """Return the incident that this fault caused, once it is RESOLVED."""

        def look() -> IncidentView | None:
            caused = [each for each in self.incidents(service) if fault_id in each.faults]
            return next((each for each in caused if each.state is IncidentState.RESOLVED), None)

        return eventually(f"what {fault_id} broke to be healed", look, 60)

    def is_ready(self, number: int) -> bool:
        process = self.platforms[number]
        assert process.running, f"replica {number} ended:\n{process.said()[-2000:]}"
        try:
            url = f"http://127.0.0.1:{self.ports[number]}/readyz"
            return httpx.get(url, timeout=2, verify=False).is_success
        except httpx.HTTPError:
            return False


@contextmanager
def replicated(
    folder: Path, emulator: str, replicas: int = 2, **env: str
) -> Iterator[ReplicatedStack]:
    """Give a test running replicas; what the test starts ends with it."""
    ports = tuple(free_port() for _ in range(replicas))
    port = free_port()
    with balancer(port, ports), processes(folder) as started:
        one = ReplicatedStack(folder, started, port, ports=ports)
        one.env = {
            "TAGENT_FIRESTORE_EMULATOR": emulator,
            "TAGENT_FIRESTORE_PROJECT": f"t{secrets.token_hex(6)}",
            **env,
        }
        for number in range(replicas):
            one.start_replica(number, wait=False)
        for number in range(replicas):
            one.wait_until_ready(number)
        yield one


def fault_state(client: Client, fault_id: str) -> FaultState | None:
    """Return what a platform says that did not take the fault itself: for some milliseconds, that there is none."""
    with suppress(ApiError):
        return client.fault(fault_id).state
    return None
