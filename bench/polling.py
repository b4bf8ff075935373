"""The platform under two hundred sidecars: what they cost at rest, how fast a fault reaches one and a halt reaches all.

The sidecars are simulated, in this process; the platform is real, in its own. Its share of a core is its processor time over wall time.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from bench.affected import affected_latencies_ms, calling
from bench.rows import Row, as_markdown
from tagent_contract.plan import Plan
from tests.fakes.platform_process import PlatformProcess
from tests.fakes.simulated_sidecar import SimulatedSidecar

SIDECARS = 200
SERVICES = 20
REPORT_INTERVAL_S = 5.0
PLAN_WAIT_S = 30.0
SETTLE_S = 12.0
MEASURED_S = 20.0
FAULTS = 60
HALTS = 8
HANG_S = 60.0
REQUESTS_PER_S = 100_000


class Swarm:
    """The platform's sidecars, and when what they wait for reached them."""

    def __init__(self, platform: PlatformProcess, client: httpx.AsyncClient) -> None:
        self.platform = platform
        self.client = client
        self.sidecars: list[SimulatedSidecar] = []
        self.armed: dict[str, float] = {}
        """Fault → when the first sidecar had it in its plan."""
        self.halted: dict[str, float] = {}
        """Instance → when its faults had ended by a halt."""

    def note(self, sidecar: SimulatedSidecar, plan: Plan) -> None:
        """Take a plan's arrival down."""
        now = time.perf_counter()
        for fault in plan.faults:
            self.armed.setdefault(fault.id, now)
        if plan.halted and not sidecar.active:
            self.halted.setdefault(sidecar.instance, now)

    async def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Ask as an admin."""
        answer = await self.client.request(method, path, json=body)
        answer.raise_for_status()
        return answer


@asynccontextmanager
async def swarm(folder: Path, poll_interval_s: float = 0.0) -> AsyncIterator[Swarm]:
    """Run the platform and its sidecars, each of which has its plan; with an interval they poll instead of waiting on the platform."""
    platform = PlatformProcess(folder, TAGENT_REQUESTS_PER_S=str(REQUESTS_PER_S))
    await asyncio.to_thread(platform.start)
    headers = {"authorization": f"Bearer {platform.token()}"}
    runs: list[asyncio.Future[None]] = []
    try:
        async with httpx.AsyncClient(
            base_url=platform.url, headers=headers, timeout=HANG_S
        ) as client:
            made = Swarm(platform, client)
            for number in range(SERVICES):
                service = f"service-{number:02d}"
                token = await asyncio.to_thread(platform.sidecar_token, service)
                for copy in range(SIDECARS // SERVICES):
                    sidecar = SimulatedSidecar(
                        platform.port,
                        token,
                        service,
                        f"{service}-{copy}",
                        interval_s=REPORT_INTERVAL_S,
                        wait_s=0.0 if poll_interval_s else PLAN_WAIT_S,
                        poll_interval_s=poll_interval_s,
                        on_plan=made.note,
                    )
                    made.sidecars.append(sidecar)
                    runs.append(asyncio.ensure_future(sidecar.run()))
                    await asyncio.sleep(REPORT_INTERVAL_S / SIDECARS)
            async with asyncio.timeout(HANG_S):
                while any(sidecar.plan is None for sidecar in made.sidecars):
                    await asyncio.sleep(0.1)
            yield made
    finally:
        for run in runs:
            run.cancel()
        await asyncio.gather(*runs, return_exceptions=True)
        await asyncio.to_thread(platform.stop)


def processor_s(pid: int) -> float:
    """Return the processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def cost_at_rest(made: Swarm) -> float:
    """Return the platform's share of a core while nothing happens but reports and long-polls."""
    await asyncio.sleep(SETTLE_S)
    used, began = processor_s(made.platform.pid), time.perf_counter()
    await asyncio.sleep(MEASURED_S)
    return (processor_s(made.platform.pid) - used) / (time.perf_counter() - began)


async def fault_latencies_ms(made: Swarm) -> list[float]:
    """Return, for each of many faults, the time from its 201 to its plan's arrival; 0 when the plan was first."""
    latencies = []
    for number in range(FAULTS):
        service = f"service-{number % SERVICES:02d}"
        body = {"type": "latency", "target": {"instances": [f"{service}-0"]}}
        answer = await made.ask("POST", f"/api/v1/services/{service}/faults", body)
        answered, fault = time.perf_counter(), answer.json()["id"]
        await until(lambda fault=fault: fault in made.armed)
        latencies.append(max(0.0, made.armed[fault] - answered) * 1000)
        await made.ask("DELETE", f"/api/v1/services/{service}/faults")
        await settle(made)
    return latencies


async def halt_latencies_ms(made: Swarm) -> list[float]:
    """Return, for every sidecar in several halts, the time from asking for the halt until its faults had ended."""
    latencies = []
    for _ in range(HALTS):
        for number in range(SERVICES):
            path = f"/api/v1/services/service-{number:02d}/faults"
            await made.ask("POST", path, {"type": "latency"})
        await until(lambda: all(sidecar.active for sidecar in made.sidecars))
        await asyncio.sleep(1.0)
        made.halted.clear()
        asked = time.perf_counter()
        await made.ask("PUT", "/api/v1/halt", {"reason": "measured"})
        await until(lambda: len(made.halted) == SIDECARS)
        latencies += [(at - asked) * 1000 for at in made.halted.values()]
        await settle(made)
        await made.ask("DELETE", "/api/v1/halt")
        await until(lambda: all(one.plan and not one.plan.halted for one in made.sidecars))
    return latencies


async def settle(made: Swarm) -> None:
    """Wait until no sidecar has a fault and the platform has heard so."""
    await until(lambda: not any(sidecar.active for sidecar in made.sidecars))
    async with asyncio.timeout(HANG_S):
        while (await made.ask("GET", "/api/v1/faults?active=true&limit=1")).json()["items"]:
            await asyncio.sleep(0.05)


async def until(holds: Callable[[], bool]) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(HANG_S):
        while not holds():
            await asyncio.sleep(0.002)


def p99(values: list[float]) -> float:
    """Return the 99th percentile."""
    return statistics.quantiles(values, n=100, method="inclusive")[98]


async def measure(folder: Path) -> list[Row]:
    """Return the rows of one run."""
    async with swarm(folder) as made:
        share = await cost_at_rest(made)
        faults = await fault_latencies_ms(made)
        async with calling(made.platform) as caller:
            affected = await affected_latencies_ms(made.ask, caller, FAULTS)
        halts = await halt_latencies_ms(made)
        memory = made.platform.resident_bytes() / 2**20
    (folder / "polling").mkdir()
    async with swarm(folder / "polling", REPORT_INTERVAL_S) as made:
        polled = await cost_at_rest(made)
    return [
        Row(
            "200 sidecars, reports and plain polls each 5 s, share of a core",
            "%",
            polled * 100,
            note="no request stays open, so that one Cloud Run instance takes as many as its processor does",
        ),
        Row(
            "200 sidecars, reports each 5 s and open long-polls, share of a core",
            "%",
            share * 100,
            must=10.0,
            goal=5.0,
            note=f"platform {memory:.0f} MB RSS afterwards",
        ),
        Row(
            "201 for a fault → first affected request, beside 200 sidecars, p99",
            "ms",
            p99(affected),
            must=100.0,
            goal=50.0,
            note=f"median {statistics.median(affected):.1f}, {len(affected)} faults; its plan is at a sidecar after {p99(faults):.1f} ms (p99)",
        ),
        Row(
            "halt → no sidecar injects, 200 sidecars, p99",
            "ms",
            p99(halts),
            must=500.0,
            goal=200.0,
            note=f"median {statistics.median(halts):.0f}, {HALTS} halts",
        ),
    ]


def rows() -> list[Row]:
    """Measure, and return the rows of the table."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(measure(Path(folder)))


if __name__ == "__main__":
    print(as_markdown(rows()))
