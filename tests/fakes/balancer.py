"""What stands before several platforms: it spreads new connections over those that take them, and cuts what a dead one had."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress


class Balancer:
    """Forwards bytes, in a thread of its own."""

    def __init__(self, port: int, backends: Sequence[int]) -> None:
        self.port = port
        self._backends = tuple(backends)
        self._turn = itertools.count()
        self._loop: asyncio.AbstractEventLoop
        self._stopping: asyncio.Event
        self._is_cut = False
        self._open: set[asyncio.StreamWriter] = set()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        assert self._ready.wait(10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    def cut(self) -> None:
        """Reset every connection, and each new one, until `mend`."""
        self._is_cut = True
        self._loop.call_soon_threadsafe(self._abort)

    def mend(self) -> None:
        self._is_cut = False

    def _abort(self) -> None:
        for each in self._open:
            each.transport.abort()

    def _run(self) -> None:
        with asyncio.Runner() as runner:
            runner.run(self._live())

    async def _live(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=500)
        self._ready.set()
        await self._stopping.wait()
        server.close()
        self._abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        backend = None if self._is_cut else await self._connect()
        if backend is None:
            writer.transport.abort()
            return
        self._open |= {writer, backend[1]}
        both = (
            asyncio.ensure_future(_pump(reader, backend[1])),
            asyncio.ensure_future(_pump(backend[0], writer)),
        )
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        for task in both:
            task.cancel()
        for end in (writer, backend[1]):
            end.close()
            self._open.discard(end)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        first = next(self._turn)
        for number in range(len(self._backends)):
            port = self._backends[(first + number) % len(self._backends)]
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", port)
        return None


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()


@contextmanager
def balancer(port: int, backends: Sequence[int]) -> Iterator[Balancer]:
    """Run one for the block."""
    one = Balancer(port, backends)
    one.start()
    try:
        yield one
    finally:
        one.stop()
