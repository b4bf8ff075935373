"""A service that says exactly what a test tells it to, and a proxy before it: conversations as raw bytes."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TypeAlias

from tagent_contract.faults import FaultBase
from tagent_contract.plan import Plan, PlanFault
from tagent_sidecar.faults.commands import ConnectionsChanged
from tagent_sidecar.faults.engine import FaultEngine
from tagent_sidecar.proxy.proxy import Proxy
from tagent_sidecar.proxy.settings import ProxySettings
from tagent_sidecar.telemetry.recorder import Recorder

Handler: TypeAlias = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

HANG_S = 10.0
"""No step of a conversation takes this long unless something is stuck."""


@dataclass
class Caller:
    """A raw connection to the proxy."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    def end(self) -> None:
        self.writer.write_eof()

    async def hear(self, length: int) -> bytes:
        return await asyncio.wait_for(self.reader.readexactly(length), HANG_S)

    async def hear_until(self, mark: bytes) -> bytes:
        return await asyncio.wait_for(self.reader.readuntil(mark), HANG_S)

    async def hear_all(self) -> bytes:
        return await asyncio.wait_for(self.reader.read(), HANG_S)

    async def hear_response(self) -> bytes:
        """Return a response with a Content-Length, whole."""
        head = await self.hear_until(b"\r\n\r\n")
        length = 0
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        return head + await self.hear(length)

    async def was_reset(self) -> bool:
        """Return whether the connection ends in a reset (and not in an orderly close)."""
        try:
            await self.hear_all()
        except ConnectionResetError:
            return True
        return False

    def close(self) -> None:
        self.writer.close()


@dataclass
class House:
    """A proxy with its engine and figures, and where its service listens."""

    proxy: Proxy
    engine: FaultEngine
    recorder: Recorder
    service_port: int
    revision: int = 0
    callers: list[Caller] = field(default_factory=list)

    async def call(self) -> Caller:
        host, port = self.proxy.address
        reader, writer = await asyncio.wait_for(asyncio.open_connection(host, port), HANG_S)
        caller = Caller(reader, writer)
        self.callers.append(caller)
        return caller

    async def ask(self, request: bytes) -> bytes:
        """Send a request on a connection of its own and return the response."""
        caller = await self.call()
        caller.say(request)
        response = await caller.hear_response()
        caller.close()
        return response

    def arm(self, *faults: FaultBase, ttl_left_s: float = 60.0, epoch: str = "e") -> None:
        """Make these, and no others, the faults that are on; their ids are `f0`, `f1` ... and never come again."""
        now = monotonic()
        self.revision += 1
        planned = tuple(
            PlanFault(id=f"r{self.revision}f{index}", fault=fault, ttl_left_s=ttl_left_s)  # type: ignore[arg-type]
            for index, fault in enumerate(faults)
        )
        self.engine.renew_lease(now)
        plan = Plan(epoch=epoch, revision=self.revision, faults=planned)
        for command in self.engine.apply_plan(plan, now, "1"):
            if isinstance(command, ConnectionsChanged):
                self.proxy.faults_changed(command.ended)

    def counts(self, index: int = 0) -> tuple[int, int]:
        """Return (injected, passed) of a fault of the latest `arm`."""
        wanted = f"r{self.revision}f{index}"
        for progress in self.engine.progress(monotonic()):
            if progress.id == wanted:
                return progress.injected, progress.passed
        raise KeyError(wanted)


@asynccontextmanager
async def house_of(
    handler: Handler | None, *, host: str = "127.0.0.1", **settings: object
) -> AsyncIterator[House]:
    """Start a service (None: nobody listens) and a proxy before it; stop both."""
    async with (
        _service(handler) as service_port,
        house_before(service_port, host=host, **settings) as house,
    ):
        yield house


@asynccontextmanager
async def house_before(
    service_port: int, *, host: str = "127.0.0.1", **settings: object
) -> AsyncIterator[House]:
    """Start a proxy before a service that runs already; stop it."""
    engine = FaultEngine(protocol=str(settings.get("protocol", "http")))
    recorder = Recorder(monotonic())
    proxy = Proxy(
        ProxySettings(host, 0, "127.0.0.1", service_port, **settings),  # type: ignore[arg-type]
        engine,
        recorder,
    )
    await proxy.start()
    house = House(proxy, engine, recorder, service_port)
    try:
        yield house
    finally:
        await proxy.stop(0.0)
        for caller in house.callers:
            caller.close()
            with contextlib.suppress(OSError):
                await caller.writer.wait_closed()


@asynccontextmanager
async def _service(handler: Handler | None) -> AsyncIterator[int]:
    if handler is None:
        with socket.socket() as held:  # bound and not listening: whoever connects is refused
            held.bind(("127.0.0.1", 0))
            yield held.getsockname()[1]
        return
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        try:
            await handler(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def reset_by_peer(writer: asyncio.StreamWriter) -> None:
    """Close a connection with a TCP reset."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def read_request(reader: asyncio.StreamReader) -> bytes:
    """Return the next request with its Content-Length body, raw. Raises IncompleteReadError at the end."""
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return head + await reader.readexactly(int(line.partition(b":")[2]))
    return head


def answering(response: bytes, heard: list[bytes] | None = None) -> Handler:
    """Return a service that answers every request with the same bytes, and notes what it heard."""

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            request = await read_request(reader)
            if heard is not None:
                heard.append(request)
            writer.write(response)
            await writer.drain()

    return handle


def response_of(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    """Return a response with this body."""
    lines = [b"HTTP/1.1 " + status, *headers, b"Content-Length: %d" % len(body), b"", b""]
    return b"\r\n".join(lines) + body


def request_of(
    path: bytes = b"/", *headers: bytes, method: bytes = b"GET", body: bytes | None = None
) -> bytes:
    """Return a request."""
    lines = [method + b" " + path + b" HTTP/1.1", b"Host: toy", *headers]
    if body is not None:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join([*lines, b"", b""]) + (body or b"")
