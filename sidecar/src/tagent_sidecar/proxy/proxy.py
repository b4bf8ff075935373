"""The proxy as the sidecar sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from time import monotonic

from tagent_sidecar.faults.engine import FaultEngine
from tagent_sidecar.proxy.context import ProxyContext
from tagent_sidecar.proxy.downstream import Downstream
from tagent_sidecar.proxy.http_downstream import HttpDownstream
from tagent_sidecar.proxy.listener import Listener
from tagent_sidecar.proxy.settings import ProxySettings
from tagent_sidecar.proxy.tcp_downstream import TcpDownstream
from tagent_sidecar.telemetry.recorder import Recorder

SWEEPS_PER_TIMEOUT = 10
SWEEP_S_MAX = 1.0


class Proxy:
    """One listening port before one service. Made, started and stopped once, on one event loop."""

    def __init__(self, settings: ProxySettings, engine: FaultEngine, recorder: Recorder) -> None:
        """Open nothing yet. Call it while the event loop runs."""
        self._settings = settings
        self._engine = engine
        self._context = ProxyContext(settings, engine, recorder)
        self._listener = Listener(
            self._make_downstream, settings.listen_host, settings.listen_port, settings.backlog
        )
        self._sweep_timer: asyncio.TimerHandle | None = None
        self._is_started = False
        self._counted_closing = ""
        """The latest `down` whose closing of the port was counted."""

    @property
    def address(self) -> tuple[str, int]:
        """Return where it listens, with the port that was really taken. Valid after `start`."""
        return self._listener.address

    @property
    def is_open(self) -> bool:
        """Return whether the port accepts callers: not before `start`, after `stop`, or during a `down`."""
        return self._listener.is_open

    async def start(self) -> None:
        """Listen. Raises OSError when the address cannot be taken. Applies a `down` that is already armed."""
        await self._listener.take()
        self._is_started = True
        closed_by = self._engine.port_closed_by
        if closed_by is None:
            await self._listener.open()
        else:
            self._count_closing(closed_by)
        self._sweep_later()

    def faults_changed(self, ended: Collection[str]) -> None:
        """Carry out `ConnectionsChanged`: release at once what the ended faults hold; close or reopen the port."""
        for struck in list(self._context.struck):
            struck.release(ended)
        if not self._is_started or self._context.draining:
            return
        closed_by = self._engine.port_closed_by
        if closed_by is None:
            self._listener.open_soon()
            return
        self._listener.close()
        self._count_closing(closed_by)
        for connection in list(self._context.connections):
            connection.reset_by_fault(closed_by)

    @contextmanager
    def expect_check_connection(self, local_port: int) -> Iterator[None]:
        """Treat connections from this port of this machine as the sidecar's own check while the block runs.

        Bind the check's socket first (`sock.bind((host, 0))`), enter with `sock.getsockname()[1]`, connect inside. Such a
        connection suffers faults and is in no figure, `injected` or quota, also if it outlives the block.
        """
        self._context.check_ports.add(local_port)
        try:
            yield
        finally:
            self._context.check_ports.discard(local_port)

    async def stop(self, grace_s: float) -> None:
        """Stop accepting, let requests in flight end for up to `grace_s`, then abort the rest. Idempotent."""
        context = self._context
        context.draining = True
        self._listener.give_up()
        if self._sweep_timer is not None:
            self._sweep_timer.cancel()
        for connection in list(context.connections):
            connection.drain()
        if not await self._emptied(grace_s):
            for connection in list(context.connections):
                connection.transport.abort()
            await self._emptied(1.0)
        for task in list(context.tasks):
            task.cancel()

    def _make_downstream(self) -> Downstream:
        kind = HttpDownstream if self._settings.protocol == "http" else TcpDownstream
        return kind(self._context)

    def _count_closing(self, fault_id: str) -> None:
        if fault_id != self._counted_closing:
            self._counted_closing = fault_id
            self._engine.affected(fault_id, monotonic())

    async def _emptied(self, within_s: float) -> bool:
        context = self._context
        context.emptied.clear()
        if context.connections:
            try:
                async with asyncio.timeout(within_s):
                    await context.emptied.wait()
            except TimeoutError:
                return False
        return True

    def _sweep_later(self) -> None:
        every_s = min(SWEEP_S_MAX, self._settings.head_timeout_s / SWEEPS_PER_TIMEOUT)
        self._sweep_timer = self._context.loop.call_later(every_s, self._sweep)

    def _sweep(self) -> None:
        now = monotonic()
        for connection in list(self._context.connections):
            connection.check_quiet(now)
        self._sweep_later()
