from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack

import pytest

from tests.fakes.platform_server import TOKEN, FakePlatform
from tests.fakes.processes import free_ports
from tests.fakes.sidecar_process import TOY_SERVICE, SidecarProcess

StartSidecar = Callable[..., Awaitable[SidecarProcess]]


@pytest.fixture
async def platform() -> AsyncIterator[FakePlatform]:
    fake = FakePlatform()
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
async def start_sidecar(platform: FakePlatform) -> AsyncIterator[StartSidecar]:
    """Start sidecars before toy services; further arguments are the sidecar's, `toy` the service's."""
    async with AsyncExitStack() as stack:

        async def start(
            *arguments: str,
            toy: tuple[str, ...] = (),
            linked: bool = True,
            env: dict[str, str] | None = None,
            **how: Sequence[str],
        ) -> SidecarProcess:
            (port,) = free_ports(1)
            link = ("--platform-url", platform.url) if linked else ()
            command = ("--", sys.executable, TOY_SERVICE, "--port", str(port), *toy)
            sidecar = await SidecarProcess.start(
                [*link, "--target", f"127.0.0.1:{port}", *arguments, *command],
                {"TAGENT_TOKEN": TOKEN, **(env or {})},
                **how,
            )
            stack.push_async_callback(sidecar.stop)
            return sidecar

        yield start
