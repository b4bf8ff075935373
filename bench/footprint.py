"""What an idle sidecar costs with everything on, beside prometheus-node-exporter scraped in the same rhythm.

`python -m bench.footprint [SECONDS]`. Everything on: a supervised service, both health checks each second, reports each 5 s
and a waiting plan request against a receiver in this process, admin port, log lines. Bytecode is compiled beforehand, as
an installed package has it. Memory is what the kernel says at the end; processor time is over the whole stretch.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from pathlib import Path

from bench.rows import Row, as_markdown
from tests.fakes.platform_server import TOKEN, FakePlatform
from tests.fakes.processes import free_ports
from tests.fakes.sidecar_process import TOY_SERVICE, SidecarProcess, get

SECONDS = 20.0
SETTLE_S = 6.0
PERIOD_S = 5.0
EXPORTER = "prometheus-node-exporter"


def rows(seconds: float = SECONDS) -> list[Row]:
    """Measure, and return the rows of the table."""
    return asyncio.run(_measure(seconds))


async def _measure(seconds: float) -> list[Row]:
    with tempfile.TemporaryDirectory() as bytecode:
        await _sidecar(0.0, bytecode)  # Compiles; what it used is of no interest.
        rss_mb, cpu_percent = await _sidecar(seconds, bytecode)
    peer = await _exporter(seconds) if shutil.which(EXPORTER) else None
    return [
        Row(
            "sidecar memory, everything on",
            "MB RSS",
            rss_mb,
            must=36.0,
            goal=25.0,
            peers={"node_exporter": peer[0]} if peer else {},
        ),
        Row(
            "sidecar idle CPU",
            "% of a core",
            cpu_percent,
            must=0.3,
            goal=0.1,
            peers={"node_exporter": peer[1]} if peer else {},
            note="" if peer else f"{EXPORTER} is not installed",
        ),
    ]


async def _sidecar(seconds: float, bytecode: str) -> tuple[float, float]:
    platform = FakePlatform()
    await platform.start()
    (port,) = free_ports(1)
    sidecar = await SidecarProcess.start(
        [
            *("--platform-url", platform.url, "--target", f"127.0.0.1:{port}"),
            *("--", sys.executable, TOY_SERVICE, "--port", str(port), "--say", "hello"),
        ],
        {"TAGENT_TOKEN": TOKEN, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""},
        quick=(),
    )
    try:
        await platform.until(platform.is_healthy, "the sidecar is up")
        assert (await get(await sidecar.port()))[0] == 200
        if not seconds:
            return 0.0, 0.0
        return await _watch(sidecar.process.pid, seconds)
    finally:
        await sidecar.stop()
        await platform.stop()


async def _exporter(seconds: float) -> tuple[float, float]:
    (port,) = free_ports(1)
    process = await asyncio.create_subprocess_exec(
        EXPORTER,
        f"--web.listen-address=127.0.0.1:{port}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    scraping = asyncio.create_task(_scrape(port), name="scrapes")
    try:
        return await _watch(process.pid, seconds)
    finally:
        scraping.cancel()
        process.terminate()
        await process.wait()


async def _scrape(port: int) -> None:
    while True:
        await get(port, "/metrics")
        await asyncio.sleep(PERIOD_S)


async def _watch(pid: int, seconds: float) -> tuple[float, float]:
    """Return memory in MB, and processor time in percent of a core over so many seconds."""
    await asyncio.sleep(SETTLE_S)
    before_s = _cpu_s(pid)
    await asyncio.sleep(seconds)
    used_s = _cpu_s(pid) - before_s
    return _rss_mb(pid), 100 * used_s / seconds


def _cpu_s(pid: int) -> float:
    """Return processor time from the scheduler's nanoseconds: clock ticks are too coarse for so little."""
    return sum(
        int((task / "schedstat").read_text().split()[0]) / 1e9
        for task in Path(f"/proc/{pid}/task").iterdir()
    )


def _rss_mb(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    print(as_markdown(rows(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)))
