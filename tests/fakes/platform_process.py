"""The real platform as a process on a free port, with its home in a test's folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx

from tests.fakes.processes import free_ports

BYTECODE = str(Path(tempfile.gettempdir()) / f"tagent-bytecode-{os.getuid()}")
"""Where compiled imports are kept for the next start, which is then many times as fast."""
STARTS_WITHIN_S = 60.0
"""Generous: a loaded machine that compiles every import takes long."""


class PlatformProcess:
    """Starts, stops and kills; the same home and port each time."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self.home = folder / "home"
        self.port = free_ports(1)[0]
        self.log = folder / "platform.log"
        self._variables = variables
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def command(self, *arguments: str) -> list[str]:
        return [
            sys.executable,
            "-m",
            "tagent_platform",
            "--home",
            str(self.home),
            "--port",
            str(self.port),
            *arguments,
        ]

    def environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("TAGENT_") and name != "PYTHONDONTWRITEBYTECODE"
        }
        return {**kept, "PYTHONPYCACHEPREFIX": BYTECODE, **self._variables}

    def start(self) -> None:
        """Return when it is ready."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command(), env=self.environment(), stdin=subprocess.DEVNULL, stderr=log
            )
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not self._is_ready():
            assert self._process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, self.log.read_text()
            time.sleep(0.05)

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self.url}/readyz", timeout=2.0, verify=False).status_code == 200
        except httpx.TransportError:
            return False

    def run_another(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Try to start one more in the same way; return how it ended."""
        return subprocess.run(
            self.command(*arguments),
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=STARTS_WITHIN_S,
            check=False,
        )

    def token(self, role: str = "admin") -> str:
        return (self.home / "tokens" / role).read_text().strip()

    def sidecar_token(self, service: str) -> str:
        """Mint one."""
        body = {"name": f"{service}-sidecar", "role": "sidecar", "service": service}
        answer = self.ask("POST", "/api/v1/tokens", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["token"])

    def ask(
        self, method: str, path: str, *, token: str | None = None, **request: Any
    ) -> httpx.Response:
        headers = {"authorization": f"Bearer {token or self.token()}", **request.pop("headers", {})}
        return httpx.request(
            method, self.url + path, headers=headers, timeout=20.0, **request, verify=False
        )

    def resident_bytes(self) -> int:
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def log_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def kill(self) -> None:
        """kill -9."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(timeout=10)

    def stop(self) -> int:
        """SIGTERM; return the exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
