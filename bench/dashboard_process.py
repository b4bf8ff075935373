"""A real `tagent-dashboard` over a platform, and what it uses."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from bench.polling import processor_s
from tests.fakes.platform_process import PlatformProcess
from tests.fakes.processes import free_ports

STARTS_WITHIN_S = 60.0
STOPS_WITHIN_S = 15.0


@dataclass(frozen=True)
class DashboardProcess:
    """One that answers, and is nobody's but the benchmark's."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def resident_mb(self) -> float:
        """Return its resident memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@contextmanager
def core_shares(*pids: int) -> Iterator[list[float]]:
    """Fill the list, when the block ends, with the share of a core that each process took meanwhile."""
    shares: list[float] = []
    used, began = [processor_s(pid) for pid in pids], time.perf_counter()
    yield shares
    elapsed_s = time.perf_counter() - began
    shares += [
        (processor_s(pid) - before) / elapsed_s for pid, before in zip(pids, used, strict=True)
    ]


@contextmanager
def dashboard(platform: PlatformProcess, folder: Path) -> Iterator[DashboardProcess]:
    """Run one that lets everybody of this machine in."""
    port = free_ports(1)[0]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TAGENT_")}
    log_path = folder / "dashboard.log"
    with log_path.open("ab") as log:
        process = subprocess.Popen(
            [str(Path(sys.executable).parent / "tagent-dashboard"), "--port", str(port)],
            env={**kept, "TAGENT_URL": platform.url, "TAGENT_HOME": str(platform.home)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        made = DashboardProcess(port, process.pid)
        if not _answers(made, process):
            raise RuntimeError(f"the dashboard did not start:\n{log_path.read_text()[-2000:]}")
        yield made
    finally:
        _stop(process)


def _answers(made: DashboardProcess, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(f"{made.url}/_stcore/health", timeout=2).is_success:
                return True
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(timeout=STOPS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(timeout=STOPS_WITHIN_S)
