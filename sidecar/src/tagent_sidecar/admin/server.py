"""A small HTTP server for reading: GET and HEAD, one answer a connection, few connections at a time."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeAlias

log = logging.getLogger("tagent_sidecar.admin")

CONNECTIONS_MAX = 16
HEAD_BYTES_MAX = 8 * 1024
TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Page:
    """What a route answers."""

    content_type: str
    body: bytes
    status: int = 200


Routes: TypeAlias = Mapping[str, Callable[[], Page]]


class AdminServer:
    """Answers `routes` (path → page). Start and stop once."""

    def __init__(self, host: str, port: int, routes: Routes) -> None:
        """Open nothing yet."""
        self.host = host
        self._port = port
        self._routes = routes
        self._server: asyncio.Server | None = None
        self._open = 0

    @property
    def port(self) -> int:
        """Return the port that was really taken. Valid after `start`."""
        if self._server is None:
            raise RuntimeError("not started")
        return int(self._server.sockets[0].getsockname()[1])

    async def start(self) -> None:
        """Listen. Raises OSError when the address cannot be taken."""
        # A socket of our own: by a name, the event loop would start threads to resolve it.
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        sock = socket.create_server((self.host, self._port), family=family, backlog=CONNECTIONS_MAX)
        self._server = await asyncio.start_server(self._serve, sock=sock, limit=HEAD_BYTES_MAX)

    async def stop(self) -> None:
        """Stop listening; connections end by themselves within their time-out. Idempotent."""
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            if self._open > CONNECTIONS_MAX:
                return
            async with asyncio.timeout(TIMEOUT_S):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(head))
                await writer.drain()
        except (OSError, EOFError, asyncio.LimitOverrunError):
            log.debug("an admin request was cut short")
        finally:
            self._open -= 1
            with suppress(OSError):
                writer.close()

    def _answer(self, head: bytes) -> bytes:
        method, _, rest = head.partition(b"\r\n")[0].decode("latin-1").partition(" ")
        path = rest.partition(" ")[0].partition("?")[0]
        page = self._page(method, path)
        answer = (
            f"HTTP/1.1 {page.status} {HTTPStatus(page.status).phrase}\r\n"
            f"content-type: {page.content_type}\r\ncontent-length: {len(page.body)}\r\n"
            "cache-control: no-store\r\nx-content-type-options: nosniff\r\nconnection: close\r\n\r\n"
        ).encode("latin-1")
        return answer if method == "HEAD" else answer + page.body

    def _page(self, method: str, path: str) -> Page:
        make = self._routes.get(path)
        if make is None:
            return _text(404, f"nothing is here; there are: {' '.join(self._routes)}\n")
        if method not in {"GET", "HEAD"}:
            return _text(405, "this port is for reading: use GET\n")
        return make()


def _text(status: int, text: str) -> Page:
    return Page("text/plain; charset=utf-8", text.encode(), status)
