"""The dashboard over five hundred services: how soon a page shows data and changes, and what many pages cost.

The services are simulated in a process of their own, platform and dashboard are real processes, pages are a real Chromium or clients that speak its
protocol. `python -m bench.dashboard` takes half an hour, most of it the soak; `--soak-s 120` makes it shorter, `--only first change` measures parts.
"""

from __future__ import annotations

import argparse
import itertools
import os
import platform as machine
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.dashboard_browser import busy_share, change_latencies_s, first_data_s
from bench.dashboard_fleet import REQUESTS_PER_S, Fleet, fleet, service_name
from bench.dashboard_pages import Pages, open_pages
from bench.dashboard_process import DashboardProcess, core_shares, dashboard
from bench.rows import Row, as_markdown
from tagent_contract.health import Health
from tests.fakes.platform_process import PlatformProcess

SERVICES = 500
SICK = range(8)
"""Degraded all the time, so that there are cards."""
BROKEN = range(8, 12)
"""With a fault all the time, so that there is a banner with a count-down."""
CHANGED = range(20, 50)
"""Changed one after the other, to see how long it takes."""
RESTLESS = itertools.cycle(range(100, 400))
"""Changed all the time while other things are measured."""
RESTLESS_EVERY_S = 5.0
OPENED = 5
PAGES = 20
SETTLE_S = 15.0
MEASURED_S = 60.0
BUSY_S = 20.0
SOAK_S = 900.0
SAMPLE_EVERY_S = 5.0
WATCHED = "refresh=2s"


@dataclass(frozen=True)
class House:
    """Everything that runs while the dashboard is measured."""

    platform: PlatformProcess
    fleet: Fleet
    dashboard: DashboardProcess
    unwatched_share: float
    """Of a core, taken by the platform before there was a dashboard."""


@contextmanager
def house(folder: Path) -> Iterator[House]:
    """Run the platform, its services, and then the dashboard."""
    platform = PlatformProcess(folder, TAGENT_REQUESTS_PER_S=str(REQUESTS_PER_S))
    platform.start()
    try:
        with fleet(platform, SERVICES) as services:
            for number in SICK:
                services.become(number, Health.DEGRADED)
            for number in BROKEN:
                body = {"type": "latency", "ttl_s": 3600, "healing": "suppress"}
                path = f"/api/v1/services/{service_name(number)}/faults"
                platform.ask("POST", path, json=body).raise_for_status()
            time.sleep(SETTLE_S)
            with core_shares(platform.pid) as unwatched:
                time.sleep(BUSY_S)
            with dashboard(platform, folder) as served:
                yield House(platform, services, served, *unwatched)
    finally:
        platform.stop()


def first(made: House) -> list[Row]:
    """Measure how soon a page has data; the first browser of all finds a dashboard that nobody has looked at."""
    found = [first_data_s(made.dashboard.url, service_name(SICK[0])) for _ in range(OPENED)]
    opened, loaded_again = zip(*found, strict=True)
    spread = f"median {statistics.median(opened):.2f}; first of all {opened[0]:.2f}"
    again = f"median {statistics.median(loaded_again):.2f}"
    return [
        Row("open the fleet → first data, cold browser, slowest of 5", "s", max(opened), must=3.0, note=spread),
        Row("reload → first data, slowest of 5", "s", max(loaded_again), must=3.0, note=again),
    ]  # fmt: skip


def change(made: House) -> list[Row]:
    """Measure how long a change of health takes to be seen."""
    url = f"{made.dashboard.url}/?refresh=1s"
    alone = change_latencies_s(url, made.fleet, CHANGED)
    return [
        Row(
            "state change → visible in the page, refresh 1 s, p95",
            "s",
            p95(alone),
            must=2.0,
            goal=1.0,
            note=f"median {statistics.median(alone):.2f}, most {max(alone):.2f}, {len(alone)} changes",
        )
    ]


def busy(made: House) -> list[Row]:
    """Measure how busy a page's main thread is."""
    with unrest(made.fleet):
        share = busy_share(f"{made.dashboard.url}/?{WATCHED}", SETTLE_S, BUSY_S)
    return [Row("main thread of a page, refresh 2 s", "% busy", share * 100, must=10.0)]


def poller(made: House) -> list[Row]:
    """Measure what watching costs while nobody looks."""
    time.sleep(SETTLE_S)
    with core_shares(made.platform.pid, made.dashboard.pid) as shares:
        time.sleep(BUSY_S)
    watched, own = shares
    return [
        Row(
            "what the dashboard's polling costs the platform, share of a core",
            "%",
            (watched - made.unwatched_share) * 100,
            must=5.0,
            note=f"platform {watched * 100:.1f} % with it, {made.unwatched_share * 100:.1f} % without; the dashboard itself {own * 100:.1f} %",
        )
    ]


def load(made: House) -> list[Row]:
    """Measure what twenty open pages cost."""
    with open_pages(made.dashboard.port, PAGES, WATCHED) as pages, unrest(made.fleet):
        time.sleep(SETTLE_S)
        pages.refreshes()
        with core_shares(made.dashboard.pid, made.platform.pid) as shares:
            time.sleep(MEASURED_S)
        seen = pages.refreshes()
    note = f"platform {shares[1] * 100:.1f} %"
    kilobytes = seen.received_bytes / len(seen.latencies_ms) / 1000
    took = f"median {statistics.median(seen.latencies_ms):.0f}, most {max(seen.latencies_ms):.0f}, {len(seen.latencies_ms)} refreshes of {kilobytes:.0f} kB"
    return [
        Row(f"{PAGES} pages, refresh 2 s, share of a core", "%", shares[0] * 100, must=40.0, note=note),
        Row(f"{PAGES} pages, refresh 2 s, a refresh, p95", "ms", p95(seen.latencies_ms), must=250.0, note=took),
    ]  # fmt: skip


def soak(made: House, length_s: float) -> list[Row]:
    """Measure whether memory grows while twenty pages stay open."""
    with open_pages(made.dashboard.port, PAGES, WATCHED) as pages, unrest(made.fleet):
        samples = memory_samples(made, pages, length_s)
    half = [(at, mb) for at, mb in samples if at >= length_s / 2]
    grows = statistics.linear_regression([at / 60 for at, _ in half], [mb for _, mb in half]).slope
    begun, ended = samples[0][1], samples[-1][1]
    return [
        Row(
            f"{PAGES} pages for {length_s / 60:.0f} min, memory in the second half",
            "MB a minute",
            grows,
            must=1.0,
            note=f"{begun:.0f} MB RSS at the start, {half[0][1]:.0f} half way, {ended:.0f} at the end",
        )
    ]


def memory_samples(made: House, pages: Pages, length_s: float) -> list[tuple[float, float]]:
    """Return the dashboard's memory, by seconds since the pages are open."""
    began, samples = time.perf_counter(), []
    while (at := time.perf_counter() - began) < length_s:
        samples.append((at, made.dashboard.resident_mb()))
        pages.refreshes()
        time.sleep(SAMPLE_EVERY_S)
    return samples


@contextmanager
def unrest(services: Fleet) -> Iterator[None]:
    """Let services fall sick and get well all the time, each for as long as it takes the next to fall sick."""
    over = threading.Event()

    def change_for_ever() -> None:
        while not over.is_set():
            number = next(RESTLESS)
            services.become(number, Health.DEGRADED)
            over.wait(RESTLESS_EVERY_S)
            services.become(number, Health.HEALTHY)

    changing = threading.Thread(target=change_for_ever)
    changing.start()
    try:
        yield
    finally:
        over.set()
        changing.join()


def p95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return statistics.quantiles(values, n=20, method="inclusive")[18]


def measure(chosen: list[str], soak_s: float) -> list[Row]:
    """Return the rows of the chosen parts."""
    parts: dict[str, Callable[[House], list[Row]]] = {
        "first": first,
        "change": change,
        "busy": busy,
        "poller": poller,
        "load": load,
        "soak": lambda made: soak(made, soak_s),
    }
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, house(Path(folder)) as made:
        for part in chosen or list(parts):
            print(f"measuring {part} ...", file=sys.stderr, flush=True)
            rows += parts[part](made)
            print(as_markdown(rows[-2:]), file=sys.stderr, flush=True)
    return rows


def main() -> int:
    """Measure, and print the table; return 1 when a `must` was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.dashboard")
    parser.add_argument("--soak-s", type=float, default=SOAK_S, help="how long memory is watched")
    parser.add_argument("--only", nargs="+", default=[], metavar="PART")
    given = parser.parse_args()
    rows = measure(given.only, given.soak_s)
    command = " ".join(["python -m bench.dashboard", *sys.argv[1:]])
    print(f"`{command}`, {SERVICES} services, Python {machine.python_version()}, {os.cpu_count()} cores\n")  # fmt: skip
    print(as_markdown(rows))
    return int(any(row.verdict == "MISSED" for row in rows))


if __name__ == "__main__":
    sys.exit(main())
