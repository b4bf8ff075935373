"""A real Prometheus that takes remote write: started on a free port, stopped by its pid."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import httpx

from tests.fakes.processes import free_ports, wait_until

MISSING = "prometheus is not installed (tests/install-debian-packages installs it)"
is_here = shutil.which("prometheus") is not None

CONFIG = """
global: {scrape_interval: 1h}
storage: {tsdb: {out_of_order_time_window: 30d}}
"""


class PrometheusProcess:
    """Takes samples that are a month late, scrapes nobody; another configuration is the test's own."""

    def __init__(self, folder: Path, config: str = CONFIG) -> None:
        self._folder = folder
        self._config = config
        self.port = free_ports(1)[0]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def write_url(self) -> str:
        return f"{self.url}/api/v1/write"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> Path:
        return self._folder / "prometheus.log"

    def start(self) -> None:
        """Return when it is ready."""
        self._folder.mkdir(parents=True, exist_ok=True)
        config = self._folder / "prometheus.yml"
        config.write_text(self._config)
        command = [
            "prometheus",
            f"--config.file={config}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self.port}",
            "--web.enable-remote-write-receiver",
            "--storage.tsdb.retention.time=10y",
        ]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        wait_until(self._is_ready, "Prometheus is ready", within_s=60)

    def _is_ready(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log.read_text()
        try:
            return httpx.get(f"{self.url}/-/ready", timeout=2.0, verify=False).status_code == 200
        except httpx.TransportError:
            return False

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=10)

    def ask(self, query: str, at: float) -> list[dict[str, Any]]:
        """Return the result of an instant query."""
        answer = httpx.post(
            f"{self.url}/api/v1/query",
            data={"query": query, "time": str(at)},
            timeout=20.0,
            verify=False,
        )
        assert answer.status_code == 200, answer.text
        result: list[dict[str, Any]] = json.loads(answer.content)["data"]["result"]
        return result

    def api(self, what: str) -> dict[str, Any]:
        """Return what it says of its targets or rules."""
        answer = httpx.get(f"{self.url}/api/v1/{what}", timeout=20.0, verify=False)
        data: dict[str, Any] = json.loads(answer.content)["data"]
        return data

    def number(self, query: str, at: float) -> float | None:
        """Return the one value that a query answers, None when it answers none."""
        result = self.ask(query, at)
        if not result:
            return None
        (only,) = result
        return float(only["value"][1])
