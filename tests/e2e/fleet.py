"""A fleet of simulated sidecars in a thread of its own, beside a real platform."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.e2e.stack import Stack
from tests.fakes.simulated_sidecar import SimulatedSidecar


class Fleet:
    """Simulated sidecars by service name; touch them through `do`, since they live in another thread."""

    def __init__(self, sidecars: list[SimulatedSidecar], loop: asyncio.AbstractEventLoop) -> None:
        self.sidecars = sidecars
        self._loop = loop

    def __getitem__(self, service: str) -> SimulatedSidecar:
        return next(one for one in self.sidecars if one.service == service)

    def do(self, what: Callable[[], object]) -> None:
        """Do something to the sidecars where they live."""
        self._loop.call_soon_threadsafe(what)

    @property
    def active(self) -> int:
        """Return how many faults are in force on all of them."""
        return sum(len(one.active) for one in self.sidecars)


@contextmanager
def fleet(
    running: Stack, services: int, *, interval_s: float = 0.5, prefix: str = "svc"
) -> Iterator[Fleet]:
    """Run this many services of one instance each until the block ends."""
    names = [f"{prefix}-{number:03d}" for number in range(services)]
    with running.client() as client:
        tokens = {name: client.mint_token(name, "sidecar", name).token or "" for name in names}
    loop = asyncio.new_event_loop()
    sidecars = [
        SimulatedSidecar(
            running.port, tokens[name], name, f"{name}-1", interval_s=interval_s, wait_s=5
        )
        for name in names
    ]

    async def run() -> None:
        async with asyncio.TaskGroup() as tasks:
            for sidecar in sidecars:
                tasks.create_task(sidecar.run())

    main = loop.create_task(run())

    def live() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(main)
        except asyncio.CancelledError:
            pass
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    thread = threading.Thread(target=live, daemon=True)
    thread.start()
    try:
        yield Fleet(sidecars, loop)
    finally:
        loop.call_soon_threadsafe(main.cancel)
        thread.join(10)
