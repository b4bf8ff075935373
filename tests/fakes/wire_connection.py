"""One keep-alive HTTP/1.1 connection, small enough that hundreds fit into a test's process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class WireConnection:
    """Asks one request at a time, and connects again whenever the last connection is gone."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self._host = host
        self._port = port
        self._token = token
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, method: str, target: str, body: bytes = b"") -> Answer:
        """Return the answer. Raises OSError when there is none, also when a kept connection turned out to be closed."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port, limit=2**20)
        reader, writer = self._streams
        head = (
            f"{method} {target} HTTP/1.1\r\nhost: {self._host}\r\nauthorization: Bearer {self._token}\r\n"
            f"content-length: {len(body)}\r\n\r\n"
        )
        try:
            writer.write(head.encode() + body)
            return await _read_answer(reader)
        except asyncio.IncompleteReadError as error:
            await self.close()
            raise ConnectionResetError("the platform closed the connection") from error
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close at once; asking again connects again."""
        if self._streams is not None:
            self._streams[1].transport.abort()
            self._streams = None


async def _read_answer(reader: asyncio.StreamReader) -> Answer:
    head = await reader.readuntil(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    status = int(status_line.split(" ", 2)[1])
    length = int(headers.get("content-length", "0")) if status != 304 else 0
    return Answer(status, headers, await reader.readexactly(length))
