"""One TCP connection of one check: opened, used and closed, with every failure told as a check's outcome.

Written on the socket's readiness alone, since a check is most of what an idle sidecar does: the event loop's own
coroutines for sockets cost five times as much.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Place:
    """One address to connect to, and the one to come from."""

    family: int
    address: tuple[str | int, ...]
    own_host: str


def place_of(family: int, address: tuple[str | int, ...]) -> Place:
    """Return the place; a check comes from the same loopback address, or from whichever the route has."""
    host = str(address[0])
    is_loopback = ipaddress.ip_address(host.partition("%")[0]).is_loopback
    return Place(family, address, host if is_loopback else "")


class Endpoint:
    """A host and port. A name is resolved at every use: it may mean another place after a restart."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._fixed: list[Place] | None = None
        try:
            version = ipaddress.ip_address(host).version
        except ValueError:
            return
        family = socket.AF_INET6 if version == 6 else socket.AF_INET
        self._fixed = [place_of(family, (host, port))]

    async def places(self) -> list[Place]:
        """Return where to try, in order. Raises CheckFailedError."""
        if self._fixed is not None:
            return self._fixed
        try:
            found = await asyncio.get_running_loop().getaddrinfo(
                self._host, self._port, type=socket.SOCK_STREAM
            )
        except OSError as error:
            problem = f"cannot resolve {self._host}: {error.strerror or error}"
            raise CheckFailedError(CheckOutcome.BROKEN, problem) from error
        return [
            place_of(family, (str(address[0]), *address[1:]))
            for family, _, _, _, address in found
            if family in {socket.AF_INET, socket.AF_INET6}
        ]


class Conversation:
    """A connection with a time limit for all of it. `close` it whatever happens; every method may raise TimeoutError."""

    def __init__(self, timeout_s: float) -> None:
        self._loop = asyncio.get_running_loop()
        self._waiting: asyncio.Future[None] | None = None
        self._is_late = False
        self._timer = self._loop.call_later(timeout_s, self._expire)
        self._sock: socket.socket | None = None
        self._announced: AbstractContextManager[None] | None = None

    async def open(self, endpoint: Endpoint, announce: Announce, first: bytes) -> None:
        """Connect and send the first bytes. Raises CheckFailedError when nobody takes them."""
        failure: CheckFailedError | None = None
        for place in await endpoint.places():
            try:
                await self._open(place, announce, first)
            except ConnectionRefusedError:
                failure = CheckFailedError(CheckOutcome.REFUSED, "connection refused")
            except TimeoutError:
                raise
            except OSError as error:
                problem = f"cannot connect: {error.strerror or error}"
                failure = CheckFailedError(CheckOutcome.BROKEN, problem)
            else:
                return
            self._leave()
        raise failure or CheckFailedError(CheckOutcome.BROKEN, "the name has no address")

    async def receive(self, size: int, within_s: float | None = None) -> bytes | None:
        """Return the next bytes, none at the end of the stream; None when nothing came `within_s`. Raises OSError."""
        sock = self._connected()
        is_over = False

        def stop() -> None:
            nonlocal is_over
            is_over = True
            self._wake()

        timer = None if within_s is None else self._loop.call_later(within_s, stop)
        try:
            while True:
                await self._wait()
                try:
                    return sock.recv(size)
                except BlockingIOError:
                    if is_over:
                        return None
                    # Woken for bytes that were read already.
        finally:
            if timer is not None:
                timer.cancel()

    def close(self) -> None:
        """Close what is open. Idempotent."""
        self._timer.cancel()
        self._leave()

    async def _open(self, place: Place, announce: Announce, first: bytes) -> None:
        self._sock = sock = socket.socket(place.family, socket.SOCK_STREAM)
        sock.setblocking(False)
        # The port has to be known before the proxy can see the connection.
        sock.bind((place.own_host, 0))
        self._announced = announced = announce(int(sock.getsockname()[1]))
        announced.__enter__()
        code = sock.connect_ex(place.address)
        if code not in {0, errno.EINPROGRESS}:
            raise OSError(code, errno.errorcode.get(code, "unknown error"))
        await self._send(sock, first)
        self._loop.add_reader(sock.fileno(), self._wake)

    async def _send(self, sock: socket.socket, data: bytes) -> None:
        # On one machine a connection is made by now, and the kernel takes a request whole.
        while True:
            try:
                sent = sock.send(data) if data else -1
            except BlockingIOError:
                sent = -1
            if sent == len(data):
                return
            self._loop.add_writer(sock.fileno(), self._wake)
            try:
                await self._wait()
            finally:
                self._loop.remove_writer(sock.fileno())
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                raise OSError(code, errno.errorcode.get(code, "unknown error"))
            if not data:
                return
            data = data[max(sent, 0) :]

    async def _wait(self) -> None:
        if self._is_late:
            raise TimeoutError
        self._waiting = self._loop.create_future()
        await self._waiting
        if self._is_late:
            raise TimeoutError

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

    def _expire(self) -> None:
        self._is_late = True
        self._wake()

    def _connected(self) -> socket.socket:
        if self._sock is None:
            raise RuntimeError("the conversation is not open")
        return self._sock

    def _leave(self) -> None:
        if self._sock is not None:
            self._loop.remove_reader(self._sock.fileno())
            self._sock.close()
            self._sock = None
        if self._announced is not None:
            self._announced.__exit__(None, None, None)
            self._announced = None
