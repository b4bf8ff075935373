"""Who takes reports in: our platform, Prometheus and its pushgateway, each a process on one core, and what each is sent.

A report is about 1 KB for everyone: our JSON with its state, window and histograms; ten series of an instance for the others.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import time
from abc import ABC, abstractmethod
from contextlib import closing
from pathlib import Path

import httpx

from bench.remote_write import TIMESTAMP_BYTES, series_before_timestamp, snappy_head
from tests.fakes.platform_process import PlatformProcess
from tests.fakes.processes import free_ports

SERVICES = 50
PER_SERVICE = 100
INSTANCES = SERVICES * PER_SERVICE
METRICS = (
    "requests_total", "errors_total", "first_byte_p50_ms", "first_byte_p95_ms", "in_flight", "bytes_out_total",
    "check_latency_ms", "cpu_ratio", "rss_bytes", "restarts_total",
)  # fmt: skip
STARTS_WITHIN_S = 30.0


def service_of(number: int) -> str:
    """Return the service of an instance."""
    return f"service-{number // PER_SERVICE:02d}"


def instance_of(number: int) -> str:
    """Return an instance's name; all are of one length, and so are the bodies."""
    return f"{service_of(number)}-{number:05d}"


class Peer(ABC):
    """A server on one core. `kind` names what wrk sends it."""

    kind: str
    name: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.templates = folder / "templates.lua"

    @abstractmethod
    def start(self, core: int) -> None:
        """Serve, pinned to that core, with the templates written."""

    @property
    @abstractmethod
    def pid(self) -> int:
        """The server's process."""

    @property
    @abstractmethod
    def url(self) -> str:
        """Where it listens."""

    @abstractmethod
    def taken_in(self) -> int:
        """How many reports it says it has taken in."""

    @abstractmethod
    def stop(self) -> None:
        """End it."""

    def metric(self, name: str) -> float:
        """Return one of the server's own figures."""
        for line in httpx.get(f"{self.url}/metrics", timeout=20).text.splitlines():
            if line.startswith((f"{name} ", f"{name}{{")):
                return float(line.rpartition(" ")[2])
        return 0.0

    def cpu_s(self) -> float:
        """Return the processor time it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def pause(self) -> None:
        """Let it use nothing while another one is measured."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it work again."""
        os.kill(self.pid, signal.SIGCONT)


def pin(pid: int, core: int) -> None:
    """Keep all of a process's threads on one core."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), {core})


def lua(value: object) -> str:
    """Return a value as Lua source."""
    if isinstance(value, bytes):
        return '"' + "".join(f"\\{byte:03d}" for byte in value) + '"'
    if isinstance(value, str):
        return lua(value.encode())
    if isinstance(value, dict):
        inside = ",".join(f"[{lua(key)}]={lua(content)}" for key, content in value.items())
        return "{" + inside + "}"
    if isinstance(value, list):
        return "{" + ",\n".join(map(lua, value)) + "}"
    return str(value)


class Tagent(Peer):
    """Our platform with its SQLite store and series, tokens, and the control loop running."""

    kind = "tagent"
    name = "tagent"

    def __init__(self, folder: Path, *, changing: bool = False) -> None:
        super().__init__(folder)
        self._changing = changing
        self._process = PlatformProcess(folder)

    def start(self, core: int) -> None:
        self._process.start()
        pin(self._process.pid, core)
        tokens = [self._process.sidecar_token(service_of(n * PER_SERVICE)) for n in range(SERVICES)]
        templates = {
            "content_type": "application/json",
            "per_service": PER_SERVICE,
            "tokens": tokens,
            "reports": [self._report(number) for number in range(INSTANCES)],
        }
        self.templates.write_text("return " + lua(templates))

    def _report(self, number: int) -> list[str]:
        spread = number % 7
        counts = {str(60 + 3 * bucket + spread): 5 + bucket * 3 for bucket in range(8)}
        state = {"health": "HEALTHY", "reason": "healthy", "since_age_s": 60.5}
        # A new incarnation in each round: each report changes its instance's record.
        incarnation = "@SEQ@" if self._changing else "1"
        report = {
            "service": service_of(number), "instance": instance_of(number), "boot_id": f"boot-{number:08d}", "seq": "@SEQ@",
            "sent_at": "2026-01-31T09:30:00.125Z", "boot_age_s": "@AGE@", "incarnation": incarnation, "state": state,
            "address": f"127.0.0.1:{9000 + number}", "supervised": True, "version": "0.1.0", "checks_passed_in_row": 60,
            "windows": [
                {
                    "age_s": 0.0, "duration_s": 5.0, "requests": 124 + spread, "errors": {"5xx": spread},
                    "first_byte": {"counts": counts, "sum_ms": 812.5}, "whole": {"counts": counts, "sum_ms": 912.5},
                    "in_flight": 3, "connections": 4, "bytes_in": 12345, "bytes_out": 99912,
                    "inside": {"passed": 5, "latency_ms": 1.25}, "outside": {"passed": 5, "latency_ms": 2.5},
                    "cpu_ratio": 0.024, "rss_bytes": 22_000_000, "descriptors": 33, "threads": 4, "sidecar_rss_bytes": 24_000_000,
                    "sidecar_cpu_ratio": 0.001,
                }
            ],
        }  # fmt: skip
        text = json.dumps(report, separators=(",", ":")).replace('"@AGE@"', "@AGE@")
        text = text.replace('"seq":"@SEQ@"', '"seq":@SEQ@')
        # The pieces around the sequence number, the boot's age and, if it changes, the incarnation.
        before, _, rest = text.partition("@SEQ@")
        middle, _, rest = rest.partition("@AGE@")
        return [before, middle, *rest.split("@SEQ@")]

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def url(self) -> str:
        return self._process.url

    def commits(self) -> int:
        """Return the number of the latest commit in its file."""
        with closing(
            sqlite3.connect(f"file:{self._process.home}/state.db?mode=ro", uri=True)
        ) as state:
            (version,) = state.execute("SELECT value FROM meta WHERE name = 'version'").fetchone()
        return int(version)

    def taken_in(self) -> int:
        lost = self.metric("tagent_series_dropped_total")
        if lost:
            raise RuntimeError(f"the series lost {lost:.0f} windows: they do not count as stored")
        return int(self.metric("tagent_reports_total"))

    def stop(self) -> None:
        self._process.stop()


class _Debian(Peer):
    """A server from Debian, started by its command."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (self.port,) = free_ports(1)
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def command(self) -> list[str]:
        """Return how it is started."""

    @abstractmethod
    def write_templates(self) -> None:
        """Write what wrk sends it."""

    def start(self, core: int) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.write_templates()
        with (self.folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                ["taskset", "-c", str(core), *self.command()],
                env={**os.environ, "GOMAXPROCS": "1"},
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not self._is_ready():
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError((self.folder / "log").read_text())
            time.sleep(0.1)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/-/ready", timeout=2).status_code == 200
        except httpx.TransportError:
            return False

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(30)


class Prometheus(_Debian):
    """Remote write into its own storage."""

    kind = "prometheus"
    name = "Prometheus remote write"

    def command(self) -> list[str]:
        config = self.folder / "prometheus.yml"
        config.write_text("global: {}\n")
        return [
            "prometheus",
            f"--config.file={config}",
            f"--storage.tsdb.path={self.folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--web.enable-remote-write-receiver",
            "--log.level=error",
        ]

    def write_templates(self) -> None:
        reports = []
        for number in range(INSTANCES):
            labels = {
                "job": "tagent",
                "service": service_of(number),
                "instance": instance_of(number),
            }
            reports.append(
                [series_before_timestamp(f"tagent_{name}", labels, 124.5) for name in METRICS]
            )
        length = sum(len(piece) + TIMESTAMP_BYTES for piece in reports[0])
        heads = ",".join(f"[{per}]={lua(snappy_head(length * per))}" for per in (1, PER_SERVICE))
        self.templates.write_text(
            f'return {{content_type="application/x-protobuf",heads={{{heads}}},reports={lua(reports)}}}'
        )

    def taken_in(self) -> int:
        samples = self.metric("prometheus_tsdb_head_samples_appended_total")
        return int(samples / len(METRICS))


class Pushgateway(_Debian):
    """One group a push, as it comes: it checks each push against all that it holds."""

    kind = "pushgateway"
    name = "pushgateway"

    def command(self) -> list[str]:
        return [
            "prometheus-pushgateway",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--log.level=error",
        ]

    def write_templates(self) -> None:
        labels = 'job="tagent",version="0.1.0",protocol="http"'
        body = "".join(f"tagent_{name}{{{labels}}} 124.5\n" for name in METRICS)
        reports = [
            [f"/metrics/job/tagent/service/{service_of(n)}/instance/{instance_of(n)}", body]
            for n in range(INSTANCES)
        ]
        self.templates.write_text(f'return {{content_type="text/plain",reports={lua(reports)}}}')

    def taken_in(self) -> int:
        return int(
            self.metric('pushgateway_http_requests_total{code="200",handler="push",method="post"}')
        )
