"""What `up` starts: the commands of the platform, the dashboard, the sidecars with their samples, and the traffic."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tagent_client.cli.launch.child import Command
from tagent_client.cli.launch.ports import HOST, WantedPort

PLATFORM_PORT = 8000
DASHBOARD_PORT = 8501
PLATFORM_STOP_GRACE_S = 10.0
DASHBOARD_STOP_GRACE_S = 5.0
RUNNER_STOP_GRACE_S = 70.0
"""It stops its experiments first, and each plays its rollbacks, which has 60 s."""
SIDECAR_STOP_GRACE_S = 13.0
"""It drains its requests and stops its service within 10 s of its own."""
STRANGERS = (
    "TAGENT_URL",
    "TAGENT_TOKEN",
    "TAGENT_HOST",
    "TAGENT_PORT",
    "TAGENT_RUNTIME",
    "TAGENT_ID_TOKEN_AUDIENCE",
)
"""Variables that tell a client where to look, or a server where to be; a process of ours is told by us."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample service: its name, its module, its ports, and the traffic's word for it."""

    service: str
    module: str
    port: int
    """Where callers reach it, through its sidecar."""
    own_port: int
    traffic_option: str
    try_path: str

    @property
    def short(self) -> str:
        """Return its name in options: `chat` for `chat-service`."""
        return self.service.removesuffix("-service")

    @property
    def url(self) -> str:
        """Return where callers reach it."""
        return f"http://{HOST}:{self.port}"

    @property
    def own_url(self) -> str:
        """Return where it is itself, past the sidecar."""
        return f"http://{HOST}:{self.own_port}"


SAMPLES = (
    Sample("chat-service", "tagent_samples.chat_service", 9001, 8101, "--chat", "/v1/chat"),
    Sample(
        "summary-service", "tagent_samples.summary_service", 9002, 8102, "--summary", "/v1/summary"
    ),
    Sample("demo-service", "tagent_samples.demo_service", 9003, 8103, "--demo", "/v1/items"),
)


@dataclass(frozen=True, slots=True)
class StackPlan:
    """Everything that is settled before anything is started."""

    home: Path
    environment: Mapping[str, str]
    platform_port: int
    samples: tuple[Sample, ...]
    traffic_per_s: float
    """0 for none."""
    dashboard_port: int | None = None
    """None for no dashboard."""
    has_runner: bool = False
    """Something that carries out the experiments that people ask for in the dashboard."""

    @property
    def url(self) -> str:
        """Return the platform's address."""
        return f"http://{HOST}:{self.platform_port}"

    @property
    def dashboard_url(self) -> str | None:
        """Return the dashboard's address, if there is to be one."""
        return f"http://{HOST}:{self.dashboard_port}" if self.dashboard_port else None

    def wanted_ports(self) -> list[WantedPort]:
        """Return every port that must be free."""
        wanted = [WantedPort("the platform", "--platform-port", self.platform_port)]
        if self.dashboard_port:
            wanted.append(WantedPort("the dashboard", "--dashboard-port", self.dashboard_port))
        for sample in self.samples:
            wanted.append(WantedPort(sample.service, f"--{sample.short}-port", sample.port))
            own = f"{sample.service} itself"
            wanted.append(WantedPort(own, f"--{sample.short}-own-port", sample.own_port))
        return wanted

    def platform(self) -> Command:
        """Return the command of the platform."""
        where = ["--host", HOST, "--port", str(self.platform_port), "--home", str(self.home)]
        return Command(
            "platform",
            [sys.executable, "-m", "tagent_platform", *where],
            self._environment(),
            stop_grace_s=PLATFORM_STOP_GRACE_S,
        )

    def dashboard(self) -> Command | None:
        """Return the command of the dashboard, if there is to be one. It finds its token in the home."""
        if not self.dashboard_port:
            return None
        where = ["--host", HOST, "--port", str(self.dashboard_port)]
        return Command(
            "dashboard",
            [sys.executable, "-m", "tagent_dashboard", *where],
            {**self._environment(), "TAGENT_HOME": str(self.home), "TAGENT_URL": self.url},
            stop_grace_s=DASHBOARD_STOP_GRACE_S,
        )

    def sidecar(self, sample: Sample, token_file: Path) -> Command:
        """Return the command of a sample behind its sidecar."""
        own = [sys.executable, "-m", sample.module, "--host", HOST, "--port", str(sample.own_port)]
        return sidecar_command(
            sample.service,
            [
                *("--listen", f"{HOST}:{sample.port}"),
                *("--target", f"{HOST}:{sample.own_port}"),
                *("--platform-url", self.url),
                *("--token-file", str(token_file)),
                "--",
                *own,
            ],
            self._environment(),
        )

    def traffic(self) -> Command | None:
        """Return the command of the traffic, if there is to be any."""
        if not self.traffic_per_s or not self.samples:
            return None
        urls = [part for sample in self.samples for part in (sample.traffic_option, sample.url)]
        rate = ["--rate-per-s", f"{self.traffic_per_s:g}"]
        return Command(
            "traffic",
            [sys.executable, "-m", "tagent_samples.traffic", *urls, *rate],
            self._environment(),
            stop_grace_s=2.0,
        )

    def runner(self) -> Command | None:
        """Return the command of the runner of experiments, if there is to be one. It finds its token in the home."""
        if not self.has_runner:
            return None
        return Command(
            "runner",
            [sys.executable, "-m", "tagent_client.cli", "chaos", "runner", "--json"],
            {**self._environment(), "TAGENT_HOME": str(self.home), "TAGENT_URL": self.url},
            stop_grace_s=RUNNER_STOP_GRACE_S,
        )

    def _environment(self) -> dict[str, str]:
        return own_environment(self.environment)


def own_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a process of ours."""
    kept = {name: value for name, value in environment.items() if name not in STRANGERS}
    return {**kept, "PYTHONUNBUFFERED": "1"}


def sidecar_command(
    service: str,
    arguments: list[str],
    environment: Mapping[str, str],
    *,
    passes_output: bool = False,
) -> Command:
    """Return the command of any service's sidecar."""
    return Command(
        service,
        [sys.executable, "-m", "tagent_sidecar", "run", "--service", service, *arguments],
        environment,
        stop_grace_s=SIDECAR_STOP_GRACE_S,
        passes_output=passes_output,
    )
