"""wrk as the load, and programs pinned to a core: what the proxies are measured with."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

PROXY_CORE = "0"
LOAD_CORE = "1"
"""The load and the service share a core, so that the other is the proxy's alone."""

_UNITS = {"us": 1.0, "ms": 1e3, "s": 1e6}


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw."""

    per_second: float
    p50_us: float
    requests: int
    failed: int
    """Answers other than 2xx and 3xx."""


async def wrk(
    url: str, *, seconds: float, connections: int, headers: Sequence[str] = (), script: str = ""
) -> Load:
    """Load one address. Raises RuntimeError when wrk cannot reach it."""
    arguments = [
        *(
            "taskset",
            "-c",
            LOAD_CORE,
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{max(1, round(seconds))}s",
            "--latency",
        ),
        *(("-s", script) if script else ()),
        *(part for header in headers for part in ("-H", header)),
        url,
    ]
    process = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE)
    output = (await process.communicate())[0].decode()
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    p50 = re.search(r"50%\s+([\d.]+)(us|ms|s)\b", output)
    count = re.search(r"(\d+) requests in", output)
    if rate is None or p50 is None or count is None:
        raise RuntimeError(f"wrk said: {output}")
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    return Load(
        per_second=float(rate[1]),
        p50_us=float(p50[1]) * _UNITS[p50[2]],
        requests=int(count[1]),
        failed=int(failed[1]) if failed else 0,
    )


@asynccontextmanager
async def running(port: int, core: str, *arguments: str) -> AsyncIterator[None]:
    """Run a program on a core until the block ends. Raises RuntimeError when it does not listen on its port."""
    process = await asyncio.create_subprocess_exec(
        *("taskset", "-c", core, *arguments),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _listens(port, arguments[0])
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        await process.wait()


async def _listens(port: int, program: str) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.05)
    raise RuntimeError(f"{program} does not listen on port {port}")
