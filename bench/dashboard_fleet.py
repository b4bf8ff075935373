"""Five hundred simulated services in a process of their own, so that they disturb nothing that is measured.

`python -m bench.dashboard_fleet PORT COUNT` with an admin's token in TAGENT_TOKEN prints `ready` once every sidecar has its plan; then each line it
reads, `service-007 DEGRADED`, changes a service's health, and is answered with when, in seconds since the epoch. It ends when its input does.
"""

from __future__ import annotations

import asyncio
import math
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tagent_contract.health import Health
from tagent_contract.reports import CheckFigures, Histogram, Window
from tests.fakes.platform_process import PlatformProcess
from tests.fakes.simulated_sidecar import SimulatedSidecar

REPORT_INTERVAL_S = 5.0
PLAN_WAIT_S = 30.0
READY_WITHIN_S = 180.0
MINTED_AT_ONCE = 8
REQUESTS_PER_S = 100_000
"""What the platform must let in while tokens are minted."""


def service_name(number: int) -> str:
    """Return the name of a simulated service."""
    return f"service-{number:03d}"


class Traffic:
    """Figures of a service whose load and latency wander, as real ones do: no two reports are alike."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._latency_ms = self._random.uniform(5, 300)
        self._requests_per_s = self._random.uniform(1, 200)
        self._rss_bytes = self._random.randrange(40, 900) * 2**20

    def window(self, duration_s: float) -> Window:
        """Return the figures of one interval."""
        self._latency_ms = min(max(self._latency_ms * self._random.uniform(0.9, 1.111), 2), 800)
        requests = int(self._requests_per_s * self._random.uniform(0.8, 1.2) * duration_s)
        histogram = self._histogram(requests)
        return Window(
            age_s=0,
            duration_s=duration_s,
            requests=requests,
            first_byte=histogram,
            whole=histogram,
            in_flight=self._random.randrange(8),
            inside=CheckFigures(passed=5, latency_ms=self._latency_ms / 10),
            outside=CheckFigures(passed=5, latency_ms=self._latency_ms / 8),
            cpu_ratio=round(self._random.uniform(0.01, 0.9), 3),
            rss_bytes=self._rss_bytes + self._random.randrange(2**20),
        )

    def _histogram(self, requests: int) -> Histogram:
        middle = round(8 * math.log2(self._latency_ms * 1000))
        shares = {middle - 4: 0.3, middle: 0.5, middle + 6: 0.16, middle + 14: 0.04}
        counts = {bucket: round(requests * share) for bucket, share in shares.items()}
        return Histogram(counts=counts, sum_ms=requests * self._latency_ms)


async def mint(platform: httpx.AsyncClient, count: int) -> list[str]:
    """Return a sidecar's token for each service."""
    turns = asyncio.Semaphore(MINTED_AT_ONCE)

    async def one(name: str) -> str:
        body = {"name": f"{name}-sidecar", "role": "sidecar", "service": name}
        async with turns:
            answer = await platform.post("/api/v1/tokens", json=body)
        answer.raise_for_status()
        return str(answer.json()["token"])

    return await asyncio.gather(*(one(service_name(number)) for number in range(count)))


async def obey(sidecars: dict[str, SimulatedSidecar]) -> None:
    """Change healths as told, until there is nobody left to tell."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        name, health = line.split()
        at = time.time()
        sidecars[name].become(Health(health))
        print(at, flush=True)


async def run(port: int, count: int) -> None:
    """Run the fleet."""
    headers = {"authorization": f"Bearer {os.environ['TAGENT_TOKEN']}"}
    url = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as platform:
        tokens = await mint(platform, count)
    sidecars: dict[str, SimulatedSidecar] = {}
    runs: list[asyncio.Future[None]] = []
    for number, token in enumerate(tokens):
        name = service_name(number)
        sidecars[name] = SimulatedSidecar(
            port,
            token,
            name,
            f"{name}-{port}",
            interval_s=REPORT_INTERVAL_S,
            wait_s=PLAN_WAIT_S,
            make_window=Traffic(number).window,
        )
        runs.append(asyncio.ensure_future(sidecars[name].run()))
        await asyncio.sleep(REPORT_INTERVAL_S / count)
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            while any(sidecar.plan is None for sidecar in sidecars.values()):
                await asyncio.sleep(0.1)
        print("ready", flush=True)
        await obey(sidecars)
    finally:
        for one in runs:
            one.cancel()
        await asyncio.gather(*runs, return_exceptions=True)


class Fleet:
    """The process with the simulated services, as whoever measures sees it."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.expect("ready")

    def expect(self, said: str) -> None:
        """Wait for a line. Raises RuntimeError for any other."""
        line = self._read()
        if line != said:
            raise RuntimeError(f"the fleet said {line!r}, not {said!r}")

    def become(self, number: int, health: Health) -> float:
        """Change a service's health; return when, in seconds since the epoch."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{service_name(number)} {health}\n")
        self._process.stdin.flush()
        return float(self._read())

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@contextmanager
def fleet(platform: PlatformProcess, count: int) -> Iterator[Fleet]:
    """Run the simulated services against a platform."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.dashboard_fleet", str(platform.port), str(count)],
        env={**os.environ, "TAGENT_TOKEN": platform.token()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Fleet(process)
    finally:
        process.terminate()
        process.wait(timeout=20)


if __name__ == "__main__":
    asyncio.run(run(int(sys.argv[1]), int(sys.argv[2])))
