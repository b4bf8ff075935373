"""Both of a proxy's connections in memory, so that a test decides how each conversation is cut into pieces."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import monotonic
from typing import Any

from tagent_sidecar.faults.engine import FaultEngine
from tagent_sidecar.proxy.context import ProxyContext
from tagent_sidecar.proxy.http_downstream import HttpDownstream
from tagent_sidecar.proxy.settings import ProxySettings
from tagent_sidecar.telemetry.recorder import Recorder


class MemoryTransport(asyncio.Transport):
    """Keeps what is written. A close reaches the protocol in the loop's next round, as with a socket."""

    def __init__(self, loop: asyncio.AbstractEventLoop, protocol: asyncio.Protocol) -> None:
        super().__init__()
        self._loop = loop
        self.protocol = protocol
        self.written = bytearray()
        self.has_ended = False
        self.is_closed = False
        self.was_aborted = False
        self.is_paused = False

    def write(self, data: Any) -> None:
        if not self.is_closed:
            assert not self.has_ended, "written behind the end"
            self.written += data

    def write_eof(self) -> None:
        self.has_ended = True

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            self._loop.call_soon(self.protocol.connection_lost, None)

    def abort(self) -> None:
        self.was_aborted = self.was_aborted or not self.is_closed
        self.close()

    def is_closing(self) -> bool:
        return self.is_closed

    def pause_reading(self) -> None:
        self.is_paused = True

    def resume_reading(self) -> None:
        self.is_paused = False

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def receive(self, data: bytes) -> None:
        """Hand a piece to the protocol, unless the connection is closed."""
        if data and not self.is_closed:
            self.protocol.data_received(data)

    def receive_end(self) -> None:
        """Tell the protocol that the other side sends no more."""
        if not self.is_closed and not self.protocol.eof_received():
            self.close()


class MemoryLoop:
    """The running loop, but for connections to the service: these are made in memory, and there is always one."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.upstreams: list[MemoryTransport] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loop, name)

    async def create_connection(
        self, factory: Callable[[], asyncio.Protocol], host: str, port: int
    ) -> tuple[MemoryTransport, asyncio.Protocol]:
        protocol = factory()
        transport = MemoryTransport(self._loop, protocol)
        self.upstreams.append(transport)
        protocol.connection_made(transport)
        return transport, protocol


class MemoryHouse:
    """One caller before a proxy before a service."""

    def __init__(self) -> None:
        self.loop = MemoryLoop(asyncio.get_running_loop())
        self.recorder = Recorder(monotonic())
        self.engine = FaultEngine()
        self.context = ProxyContext(
            ProxySettings("127.0.0.1", 0, "127.0.0.1", 1), self.engine, self.recorder
        )
        self.context.loop = self.loop  # type: ignore[assignment]
        self.downstream = HttpDownstream(self.context)
        self.caller = MemoryTransport(asyncio.get_running_loop(), self.downstream)
        self.downstream.connection_made(self.caller)
        self.problems: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(
            lambda _loop, context: self.problems.append(context)
        )

    @property
    def service(self) -> MemoryTransport | None:
        """The latest connection to the service."""
        return self.loop.upstreams[-1] if self.loop.upstreams else None

    async def settle(self) -> None:
        """Let everything that is due happen."""
        for _ in range(6):
            await asyncio.sleep(0)
        assert self.problems == []

    async def leave(self) -> None:
        """Close the caller's side, and see that nothing stays behind."""
        self.caller.close()
        await self.settle()
        assert self.context.connections == set()
        assert self.context.struck == set()
        assert (self.recorder.in_flight, self.recorder.connections) == (0, 0)
        assert all(upstream.is_closed for upstream in self.loop.upstreams)
