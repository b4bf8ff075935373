"""A real dashboard before a real stack."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tagent_contract.policy import ServicePolicy
from tests.e2e.processes import BIN, Process, eventually, free_port
from tests.e2e.stack import FAST_POLICY, Sidecar, Stack, stack

SERVICES = ("chat-service", "summary-service", "demo-service")


@dataclass
class Dashboard:
    """A running `tagent-dashboard`."""

    url: str
    process: Process

    @property
    def answers(self) -> bool:
        """Tell whether it takes connections."""
        assert self.process.running, f"the dashboard ended:\n{self.process.said()[-2000:]}"
        try:
            return httpx.get(f"{self.url}/_stcore/health", timeout=5, verify=False).is_success
        except httpx.HTTPError:
            return False


@dataclass
class House:
    """A platform, its services, and a dashboard that nobody needs to sign in to."""

    stack: Stack
    dashboard: Dashboard

    @property
    def url(self) -> str:
        return self.dashboard.url

    def sidecar(self, service: str) -> Sidecar:
        """Return the sidecar of a service that has one instance."""
        return next(one for one in self.stack.sidecars.values() if one.service == service)


def start_dashboard(
    running: Stack,
    port: int | None = None,
    program: Sequence[str | Path] = (BIN / "tagent-dashboard",),
    **env: str,
) -> Dashboard:
    """Start a dashboard over a stack and wait until it answers; it ends with the stack."""
    port = port or free_port()
    process = running.processes.start(
        "dashboard",
        [*program, "--port", str(port)],
        {"TAGENT_URL": running.url, "TAGENT_HOME": str(running.home), **env},
    )
    dashboard = Dashboard(f"http://127.0.0.1:{port}", process)
    eventually("the dashboard to answer", lambda: dashboard.answers, 60)
    return dashboard


@contextmanager
def house(
    folder: Path,
    services: tuple[str, ...] = SERVICES,
    *,
    policy: ServicePolicy = FAST_POLICY,
    platform: Mapping[str, str] | None = None,
    port: int | None = None,
    **env: str,
) -> Iterator[House]:
    """Run a platform, toy services behind sidecars with short intervals, all healthy, and a dashboard.

    `platform` are the platform's variables, `env` the dashboard's.
    """
    with stack(folder, **(platform or {})) as running:
        for service in services:
            running.start_sidecar(service, policy=policy)
        yield House(running, start_dashboard(running, port, **env))
