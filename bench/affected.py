"""The whole way of a fault: from the platform's 201 to the first request that suffers, at a real sidecar before a real service with a caller who never stops."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import httpx

from tests.fakes.platform_process import PlatformProcess
from tests.fakes.processes import free_ports
from tests.fakes.sidecar_process import TOY_SERVICE, SidecarProcess

SERVICE = "toy"
"""The name that a SidecarProcess reports for."""
PAUSE_S = 0.001
HANG_S = 60.0
REQUEST = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"
Ask = Callable[[str, str, object], Awaitable[httpx.Response]]


class Caller:
    """Asks a service all the time, over one connection for as long as the answers keep it."""

    def __init__(self) -> None:
        self.is_suffering = False
        self.changed_at = 0.0
        """When answers last turned from good to bad, or back."""

    async def run(self, port: int) -> None:
        """Ask until cancelled."""
        while True:
            await self._use_connection(port)

    async def _use_connection(self, port: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        fields: dict[bytes, bytes] = {}
        try:
            while fields.get(b"connection") != b"close":
                writer.write(REQUEST)
                head = await reader.readuntil(b"\r\n\r\n")
                fields = dict(
                    line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if line
                )
                await reader.readexactly(int(fields[b"content-length"]))
                suffers = not head.startswith(b"HTTP/1.1 200")
                if suffers != self.is_suffering:
                    self.is_suffering, self.changed_at = suffers, time.perf_counter()
                await asyncio.sleep(PAUSE_S)
        finally:
            writer.transport.abort()


@asynccontextmanager
async def calling(platform: PlatformProcess) -> AsyncIterator[Caller]:
    """Run the sidecar, its service and the caller."""
    token = await asyncio.to_thread(platform.sidecar_token, SERVICE)
    port = free_ports(1)[0]
    sidecar = await SidecarProcess.start(
        [
            *("--target", f"127.0.0.1:{port}", "--platform-url", platform.url),
            *("--", sys.executable, TOY_SERVICE, "--port", str(port)),
        ],
        env={"TAGENT_TOKEN": token},
        quick=("--drain-timeout-s", "1"),
    )
    caller = Caller()
    asking: asyncio.Future[None] | None = None
    try:
        listening = await sidecar.port()
        await until_served(listening)
        asking = asyncio.ensure_future(caller.run(listening))
        yield caller
    finally:
        if asking is not None:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        await sidecar.stop()


async def until_served(port: int) -> None:
    """Wait until the service itself answers through its sidecar."""
    async with asyncio.timeout(HANG_S), httpx.AsyncClient() as client:
        while True:
            with suppress(httpx.TransportError):
                if (await client.get(f"http://127.0.0.1:{port}/")).status_code == 200:
                    return
            await asyncio.sleep(0.05)


async def affected_latencies_ms(ask: Ask, caller: Caller, faults: int) -> list[float]:
    """Return, for each of many faults, the time from its 201 to the end of the first bad answer; 0 when that was first."""
    path = f"/api/v1/services/{SERVICE}/faults"
    latencies = []
    for _ in range(faults):
        # Nobody heals meanwhile: a restart would break the caller's connection.
        await ask("POST", path, {"type": "error", "http_status": 503, "healing": "suppress"})
        answered = time.perf_counter()
        await _until(lambda: caller.is_suffering)
        latencies.append(max(0.0, caller.changed_at - answered) * 1000)
        await ask("DELETE", path, None)
        await _until(lambda: not caller.is_suffering)
        async with asyncio.timeout(HANG_S):
            while (await ask("GET", f"/api/v1/faults?active=true&service={SERVICE}", None)).json()[
                "items"
            ]:
                await asyncio.sleep(0.05)
    return latencies


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(HANG_S):
        while not holds():
            await asyncio.sleep(0.001)
