"""The listening port: open, or held closed while a `down` refuses everyone."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable

from tagent_sidecar.proxy.sockets import Address, bind, hold_port

_RETRY_S = 0.1

log = logging.getLogger(__name__)


class Listener:
    """One port. While closed it stays ours: it is bound and nobody listens, so the kernel refuses callers."""

    def __init__(
        self, make_protocol: Callable[[], asyncio.Protocol], host: str, port: int, backlog: int
    ) -> None:
        self._make_protocol = make_protocol
        self._wanted_host, self._wanted_port = host, port
        self._backlog = backlog
        self._server: asyncio.Server | None = None
        self._held: socket.socket | None = None
        self._kind = (socket.AF_INET, int(socket.SOCK_STREAM), 0)
        self._address: Address = (host, port)
        self._wants_open = False
        self._opening: asyncio.Task[None] | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Return the address that was really taken."""
        return self._address[0], self._address[1]

    @property
    def is_open(self) -> bool:
        """Return whether callers are accepted."""
        return self._server is not None

    async def take(self) -> None:
        """Take the port without listening. Raises OSError."""
        self._held = await hold_port(self._wanted_host, self._wanted_port)
        self._kind = (self._held.family, int(self._held.type), self._held.proto)
        self._address = self._held.getsockname()

    async def open(self) -> None:
        """Accept callers."""
        self._wants_open = True
        await self._open()

    def open_soon(self) -> None:
        """Accept callers again, as soon as the loop comes to it."""
        self._wants_open = True
        if self._server is None and self._opening is None:
            self._opening = asyncio.get_running_loop().create_task(self._open_again())

    def close(self) -> bool:
        """Refuse callers and keep the port; return whether it was open."""
        self._wants_open = False
        server, self._server = self._server, None
        if server is None:
            return False
        server.close()
        self._hold()
        return True

    def give_up(self) -> None:
        """Refuse callers and leave the port to others."""
        self.close()
        if self._opening is not None:
            self._opening.cancel()
        if self._held is not None:
            self._held.close()
            self._held = None

    def _hold(self) -> None:
        try:
            self._held = bind(*self._kind, self._address)
        except OSError as error:
            log.warning("cannot hold the closed port %s: %s", self._address[1], error)

    async def _open(self) -> None:
        if self._held is None:
            self._held = bind(*self._kind, self._address)
        held, self._held = self._held, None
        self._server = await asyncio.get_running_loop().create_server(
            self._make_protocol, sock=held, backlog=self._backlog
        )
        if not self._wants_open:
            self.close()

    async def _open_again(self) -> None:
        try:
            while self._wants_open and self._server is None:
                try:
                    await self._open()
                except OSError as error:
                    log.warning("cannot open the port %s again: %s", self._address[1], error)
                    await asyncio.sleep(_RETRY_S)
        finally:
            self._opening = None
