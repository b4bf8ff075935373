"""What Firestore is asked for by two platforms on one database, what that costs a month, and how soon a plan crosses from one to the other.

`python -m bench.firestore`. The sidecars are simulated and share themselves out between the two; the platforms are real, Firestore is Google's emulator,
and the operations are those that the platforms count as Firestore charges for them (`tagent_store_operations_total`). The emulator tells a whole
collection anew after each commit; a document that did not change is counted once, as Firestore would.
"""

from __future__ import annotations

import asyncio
import json
import math
import secrets
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import msgspec

from bench.prices import Bill, Load, bill_of, read_prices
from bench.rows import Row, as_markdown
from tagent_contract.health import Health
from tagent_contract.plan import Plan
from tagent_contract.reports import Histogram, Window
from tagent_platform.adapters.store.firestore.replicas import SHARD_BYTES_MAX
from tagent_platform.ports.replicas import Hearsay
from tests.fakes.firestore_emulator import firestore_emulator
from tests.fakes.platform_process import PlatformProcess
from tests.fakes.simulated_sidecar import SimulatedSidecar

REPLICAS = 2
SERVICES = 40
REPORT_INTERVAL_S = 5.0
SETTLE_S = 12.0
QUIET_S = 60.0
FAULTS = SERVICES
CHANGES = 20
HANG_S = 60.0
PEOPLE = ("viewer", "operator", "admin")


@dataclass(frozen=True, slots=True)
class Operations:
    """Documents, of all replicas together."""

    reads: float
    writes: float
    deletes: float

    def times(self, factor: float) -> Operations:
        return Operations(self.reads * factor, self.writes * factor, self.deletes * factor)

    def less(self, other: Operations) -> Operations:
        return Operations(
            self.reads - other.reads, self.writes - other.writes, self.deletes - other.deletes
        )


class Pair:
    """Two platforms and their sidecars."""

    def __init__(self, platforms: list[PlatformProcess], admin: str) -> None:
        self.platforms = platforms
        self.clients = [
            httpx.AsyncClient(
                base_url=each.url, headers={"authorization": f"Bearer {admin}"}, timeout=HANG_S
            )
            for each in platforms
        ]
        self.sidecars: list[SimulatedSidecar] = []
        self.arrived: dict[str, float] = {}
        """Fault → when a sidecar had it in its plan."""

    def note(self, sidecar: SimulatedSidecar, plan: Plan) -> None:
        """Take a plan's arrival down."""
        now = time.perf_counter()
        for fault in plan.faults:
            self.arrived.setdefault(fault.id, now)

    async def metric(self, name: str) -> list[dict[str, float]]:
        """Return a metric of each platform by its labels."""
        found = []
        for client in self.clients:
            text = (await client.get("/metrics")).text
            lines = [line for line in text.splitlines() if line.startswith(name)]
            found.append(
                {line.rpartition(" ")[0]: float(line.rpartition(" ")[2]) for line in lines}
            )
        return found

    async def operations(self) -> Operations:
        """Return what was asked for until now."""
        total = dict.fromkeys(("read", "write", "delete"), 0.0)
        for platform in await self.metric("tagent_store_operations_total"):
            for labels, value in platform.items():
                total[labels.split('"')[1]] += value
        return Operations(total["read"], total["write"], total["delete"])

    async def reports(self) -> float:
        return sum(sum(each.values()) for each in await self.metric("tagent_reports_total"))


class Spent:
    """What something asks of Firestore beyond what a quiet platform does in the meantime."""

    def __init__(self, made: Pair, quiet_an_hour: Operations) -> None:
        self._made = made
        self._quiet_an_hour = quiet_an_hour

    async def begin(self) -> None:
        self._before, self._began = await self._made.operations(), time.monotonic()

    async def each(self, times: int) -> Operations:
        """Return it for one of so many."""
        await asyncio.sleep(SETTLE_S)
        hours = (time.monotonic() - self._began) / 3600
        after = await self._made.operations()
        return after.less(self._before).less(self._quiet_an_hour.times(hours)).times(1 / times)


@asynccontextmanager
async def pair(folder: Path) -> AsyncIterator[Pair]:
    """Run it, with every sidecar registered."""
    with firestore_emulator() as emulator:
        tokens = {role: secrets.token_hex(24) for role in PEOPLE}
        platforms = [
            PlatformProcess(
                folder / str(number),
                TAGENT_STORE="firestore",
                TAGENT_FIRESTORE_EMULATOR=emulator,
                TAGENT_FIRESTORE_PROJECT="bench",
                TAGENT_REQUESTS_PER_S="100000",
                # The emulator tells everything anew with each commit, and is slow on a busy machine.
                TAGENT_FIRESTORE_TIMEOUT_S="30",
                **{f"TAGENT_{role.upper()}_TOKEN": token for role, token in tokens.items()},
            )
            for number in range(REPLICAS)
        ]
        for number, platform in enumerate(platforms):
            (folder / str(number)).mkdir()
            await asyncio.to_thread(platform.start)
        made = Pair(platforms, tokens["admin"])
        runs: list[asyncio.Future[None]] = []
        try:
            for number in range(SERVICES):
                service = f"service-{number:03d}"
                body = {"name": service, "role": "sidecar", "service": service}
                answer = await made.clients[0].post("/api/v1/tokens", json=body)
                if answer.status_code != 201:
                    raise SystemExit(f"bench: no token: {answer.text}")
                sidecar = SimulatedSidecar(
                    platforms[number % REPLICAS].port,
                    answer.json()["token"],
                    service,
                    f"{service}-1",
                    interval_s=REPORT_INTERVAL_S,
                    wait_s=30.0,
                    on_plan=made.note,
                )
                made.sidecars.append(sidecar)
                runs.append(asyncio.ensure_future(sidecar.run()))
            await _until(lambda: all(each.plan is not None for each in made.sidecars))
            await asyncio.sleep(SETTLE_S)
            yield made
        finally:
            for run in runs:
                run.cancel()
            await asyncio.gather(*runs, return_exceptions=True)
            for client in made.clients:
                await client.aclose()
            for platform in platforms:
                await asyncio.to_thread(platform.stop)


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(HANG_S):
        while not holds():
            await asyncio.sleep(0.01)


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found."""

    quiet_an_hour: Operations
    reports_an_hour: float
    a_change: Operations
    a_fault: Operations
    an_incident: Operations
    plan_ms: list[float]


async def _measure(made: Pair) -> Measured:
    quiet, reports = await _quiet(made)
    spent = Spent(made, quiet)
    plan_ms, a_fault = await _faults(made, spent)
    return Measured(
        quiet_an_hour=quiet,
        reports_an_hour=reports,
        a_change=await _changes(made, spent),
        a_fault=a_fault,
        an_incident=await _incidents(made, spent),
        plan_ms=plan_ms,
    )


async def _quiet(made: Pair) -> tuple[Operations, float]:
    before, reports, began = await made.operations(), await made.reports(), time.monotonic()
    await asyncio.sleep(QUIET_S)
    hours = (time.monotonic() - began) / 3600
    after = await made.operations()
    return after.less(before).times(1 / hours), (await made.reports() - reports) / hours


async def _faults(made: Pair, spent: Spent) -> tuple[list[float], Operations]:
    """Inject through one platform into sidecars that listen to the other."""
    taken: list[float] = []
    await spent.begin()
    for number in range(FAULTS):
        sidecar = made.sidecars[number % SERVICES]
        asked = (number + 1) % REPLICAS
        body = {"type": "latency", "ttl_s": 10, "healing": "suppress"}
        answer = await made.clients[asked].post(
            f"/api/v1/services/{sidecar.service}/faults", json=body
        )
        acknowledged = time.perf_counter()
        if answer.status_code != 201:
            raise SystemExit(f"bench: a fault was refused: {answer.text}")
        fault = answer.json()["id"]
        await _until(lambda fault=fault: fault in made.arrived)
        taken.append(max(0.0, made.arrived[fault] - acknowledged) * 1000)
    return taken, await spent.each(FAULTS)


async def _changes(made: Pair, spent: Spent) -> Operations:
    """Let services fall DEGRADED and recover, each a change there and one back."""
    await spent.begin()
    for sidecar in made.sidecars[:CHANGES]:
        sidecar.become(Health.DEGRADED)
        await asyncio.sleep(0.3)
        sidecar.become(Health.HEALTHY)
        await asyncio.sleep(0.2)
    return await spent.each(2 * CHANGES)


async def _incidents(made: Pair, spent: Spent) -> Operations:
    """Let services fall sick one by one, be restarted and verified."""
    await spent.begin()
    for sidecar in made.sidecars[:CHANGES]:
        sidecar.become(Health.UNHEALTHY)
        await asyncio.sleep(1.0)
    async with asyncio.timeout(HANG_S):
        while True:
            answer = await made.clients[0].get("/api/v1/incidents", params={"limit": 500})
            if all(each["state"] == "RESOLVED" for each in answer.json()["items"]):
                break
            await asyncio.sleep(1.0)
    return await spent.each(CHANGES)


def hearsay_bytes(instances: int = 100) -> float:
    """Return how many bytes of a heartbeat an instance with busy figures takes, before compression."""
    counts = dict.fromkeys(range(60, 100), 3)
    histogram = Histogram(counts=counts)
    window = Window(
        age_s=0.123, duration_s=5.0, requests=120, first_byte=histogram, whole=histogram
    )
    said = [
        Hearsay(
            key=f"service-{number}/service-{number}-1",
            boot_id=secrets.token_hex(8),
            seq=number,
            heard_age_s=1.234,
            plan_answered_age_s=2.345,
            checks_passed_in_row=number,
            window=window,
        )
        for number in range(instances)
    ]
    return len(msgspec.msgpack.encode(said)) / instances


def rows() -> list[Row]:
    """Measure, print the bill, and return the rows of the table."""
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(_run(Path(folder)))
    bills = [_bill(found, services) for services in (1_000, 100_000)]
    print(as_bill(bills))
    beats_an_hour = found.quiet_an_hour.writes / REPLICAS
    a_report = found.quiet_an_hour.writes / found.reports_an_hour
    at_1000 = found.quiet_an_hour.writes / (1_000 * 3600 / REPORT_INTERVAL_S)
    slowest = sorted(found.plan_ms)[math.ceil(0.99 * len(found.plan_ms)) - 1]
    return [
        Row("plan changed through one replica → at a sidecar of the other, p99", "ms", slowest, 1000, 500,
            note=f"after the 201; median {statistics.median(found.plan_ms):.1f}, {FAULTS} faults, emulator"),
        Row("writes of a quiet platform, an hour and replica", "writes", beats_an_hour, 756, 720,
            note=f"{SERVICES} services; {a_report:.4f} of a write a report"),
        Row("writes a report at 1 000 services, two replicas", "writes", at_1000, 0.01, 0.005),
        _spent("a change of health", found.a_change),
        _spent("a fault, from 201 to its end", found.a_fault),
        _spent("an incident, healed by one restart", found.an_incident),
    ]  # fmt: skip


def _spent(what: str, spent: Operations) -> Row:
    note = f"{spent.reads:.1f} reads by {REPLICAS} replicas, {spent.deletes:.1f} deletes; a quiet platform's not counted"
    return Row(f"writes for {what}", "writes", spent.writes, note=note)


async def _run(folder: Path) -> Measured:
    async with pair(folder) as made:
        return await _measure(made)


def _bill(found: Measured, services: int) -> Bill:
    """Return what so many services cost a month, as often as `Load` says that something happens."""
    load = Load(
        services=services,
        shard_instances=SHARD_BYTES_MAX / hearsay_bytes(),
        writes_a_change=found.a_change.writes,
        reads_a_change=found.a_change.reads / REPLICAS,
        writes_an_incident=found.an_incident.writes,
        reads_an_incident=found.an_incident.reads / REPLICAS,
    )
    return bill_of(load, read_prices())


def as_bill(bills: list[Bill]) -> str:
    """Return the bills as a Markdown table."""
    lines = ["| a month | " + " | ".join(f"{bill.services:,} services" for bill in bills) + " |"]
    lines.append("|---|" + "---|" * len(bills))
    lines += [
        f"| {name} | " + " | ".join(bill.items[name] for bill in bills) + " |"
        for name in bills[0].items
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    measured = rows()
    print(as_markdown(measured))
    print(json.dumps({row.what: row.ours for row in measured}))
