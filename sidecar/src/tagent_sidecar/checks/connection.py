"""One TCP connection for one check: opened, used and closed, with every failure told as a check's outcome."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext

from tagent_sidecar.health.check_result import CheckOutcome

Announce = Callable[[int], AbstractContextManager[None]]
"""Given the local port a check is about to connect from: `Proxy.expect_check_connection`."""


class CheckFailedError(Exception):
    """A check did not find what it wanted; `str` is the line for people."""

    def __init__(self, outcome: CheckOutcome, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome


def unannounced(_port: int) -> AbstractContextManager[None]:
    """Tell nobody: for checks that go straight to the service."""
    return nullcontext()


@asynccontextmanager
async def connected(host: str, port: int, announce: Announce) -> AsyncIterator[socket.socket]:
    """Connect to the first address of `host` that answers. Raises CheckFailedError when none does."""
    failure: CheckFailedError | None = None
    for family, address in await _addresses(host, port):
        with socket.socket(family, socket.SOCK_STREAM) as sock:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with announce(_bind(sock, family, address)):
                failed = await _connect(sock, address)
                if failed is None:
                    yield sock
                    return
                failure = failed
    raise failure or CheckFailedError(CheckOutcome.BROKEN, f"{host} has no address")


def _bind(sock: socket.socket, family: int, address: tuple[str | int, ...]) -> int:
    # The port must be known before the proxy can see the connection. Only a loopback address can be bound to
    # without knowing the route; for others the wildcard does.
    is_loopback = ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback
    wildcard = "::" if family == socket.AF_INET6 else "0.0.0.0"  # noqa: S104 - a connecting socket listens to nobody
    sock.bind((str(address[0]) if is_loopback else wildcard, 0))
    return int(sock.getsockname()[1])


async def _connect(sock: socket.socket, address: tuple[str | int, ...]) -> CheckFailedError | None:
    try:
        await asyncio.get_running_loop().sock_connect(sock, address)
    except ConnectionRefusedError:
        return CheckFailedError(CheckOutcome.REFUSED, "connection refused")
    except OSError as error:
        return CheckFailedError(CheckOutcome.BROKEN, f"cannot connect: {error.strerror or error}")
    return None


async def _addresses(host: str, port: int) -> list[tuple[int, tuple[str | int, ...]]]:
    try:
        version = ipaddress.ip_address(host).version
    except ValueError:
        pass
    else:
        return [(socket.AF_INET6 if version == 6 else socket.AF_INET, (host, port))]
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise CheckFailedError(
            CheckOutcome.BROKEN, f"cannot resolve {host}: {error.strerror or error}"
        ) from error
    return [
        (int(family), (str(address[0]), *address[1:]))
        for family, _, _, _, address in found
        if family in {socket.AF_INET, socket.AF_INET6}
    ]
