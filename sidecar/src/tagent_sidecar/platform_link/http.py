"""A small HTTP/1.1 client for one server: one kept connection, one request at a time, every wait and every answer bounded.

It follows no redirects, keeps no cookies and uses no proxy: it carries a token, and goes where it was told to go. A kept
connection that the server closed meanwhile is replaced and the request sent again, once, which is why every request must
be one that may arrive twice.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

CONNECT_TIMEOUT_S = 5.0
ANSWER_BYTES_MAX = 4 * 2**20
_HEAD_BYTES_MAX = 32 * 1024
_BODILESS = frozenset({204, 304})


class LinkError(Exception):
    """The platform gave no answer that can be used; trying again may help."""


class AddressError(ValueError):
    """The platform's address is not one."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where the platform is, read from its URL."""

    host: str
    port: int
    is_tls: bool
    path: str
    """What stands before every route, without a slash at the end."""

    @property
    def host_header(self) -> str:
        """Return the value of the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_tls else 80) else f"{host}:{self.port}"


def parse_address(url: str) -> Address:
    """Read `https://host[:port][/path]`. Raises AddressError with a sentence for people."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise AddressError(f"{url!r} is not a URL: {error}") from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise AddressError(f"{url!r} is not a URL such as http://127.0.0.1:8000")
    if parts.username is not None or parts.query or parts.fragment:
        raise AddressError(
            "the platform's URL may hold no login, query or fragment; give the token by TAGENT_TOKEN"
        )
    is_tls = parts.scheme == "https"
    default_port = 443 if is_tls else 80
    return Address(parts.hostname, port or default_port, is_tls, parts.path.rstrip("/"))


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said; header names are lower-case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    sent_at: float
    """When the request began to be sent, monotonic seconds: nothing the answer says is older than this."""

    def number(self, header: str) -> float | None:
        """Return a header as a number that is finite and not negative; None if it is absent or something else."""
        try:
            value = float(self.headers[header])
        except (KeyError, ValueError):
            return None
        return value if 0 <= value < float("inf") else None


class HttpClient:
    """Asks one server, one thing at a time. Not to be used by two tasks at once."""

    def __init__(
        self,
        address: Address,
        headers: Mapping[str, str],
        *,
        ca_file: str | None = None,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
        more_headers: Callable[[], Awaitable[Mapping[str, str]]] | None = None,
    ) -> None:
        """Connect to nothing yet. `headers` go with every request, and so does what `more_headers` says at the time."""
        self._address = address
        self._headers = _lines(headers)
        self._ca_file = ca_file
        self._answer_bytes_max = answer_bytes_max
        self._more_headers = more_headers
        self._connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self._tls: ssl.SSLContext | None = None

    async def request(
        self, method: str, route: str, body: bytes | None = None, *, timeout_s: float
    ) -> Answer:
        """Send one request and return its answer, whatever its status. Raises LinkError; never takes longer than told."""
        with _as_link_errors(self._address, timeout_s):
            async with asyncio.timeout(timeout_s):
                return await self._request(method, route, body)

    async def close(self) -> None:
        """Close the kept connection, if there is one."""
        self._drop_connection()

    async def _request(self, method: str, route: str, body: bytes | None) -> Answer:
        kept = self._connection is not None
        try:
            return await self._exchange(method, route, body)
        except (OSError, EOFError):
            # The server may close a kept connection at any time: that says nothing about the request.
            if not kept:
                raise
            return await self._exchange(method, route, body)

    async def _exchange(self, method: str, route: str, body: bytes | None) -> Answer:
        more = "" if self._more_headers is None else _lines(await self._more_headers())
        if self._connection is None:
            self._connection = await self._connect()
        reader, writer = self._connection
        keep = False
        try:
            sent_at = time.monotonic()
            writer.write(self._encode(method, route, body, more))
            await writer.drain()
            status, headers = await _read_head(reader)
            content = await _read_body(reader, status, headers, self._answer_bytes_max)
            keep = _ends_by_itself(status, headers)
            return Answer(status, headers, content, sent_at)
        finally:
            if not keep:
                self._drop_connection()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        async with asyncio.timeout(CONNECT_TIMEOUT_S):
            return await asyncio.open_connection(
                self._address.host,
                self._address.port,
                ssl=self._tls_context() if self._address.is_tls else None,
                limit=_HEAD_BYTES_MAX,
            )

    def _tls_context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context(cafile=self._ca_file)
        return self._tls

    def _encode(self, method: str, route: str, body: bytes | None, more: str) -> bytes:
        head = (
            f"{method} {self._address.path}{route} HTTP/1.1\r\n"
            f"host: {self._address.host_header}\r\n{self._headers}{more}"
        )
        if body is None:
            return f"{head}\r\n".encode("latin-1")
        described = f"{head}content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        return described.encode("latin-1") + body

    def _drop_connection(self) -> None:
        if self._connection is not None:
            # Nothing is left to be said on it, and waiting for a peer that is gone would only take time.
            self._connection[1].transport.abort()
            self._connection = None


def _lines(headers: Mapping[str, str]) -> str:
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


@contextmanager
def _as_link_errors(address: Address, timeout_s: float) -> Iterator[None]:
    where = address.host_header
    try:
        yield
    except TimeoutError as error:
        raise LinkError(f"{where} gave no answer within {timeout_s:g} s") from error
    except ssl.SSLCertVerificationError as error:
        raise LinkError(f"{where} is not trusted: {error.verify_message}") from error
    except EOFError as error:
        raise LinkError(f"{where} closed the connection without an answer") from error
    except OSError as error:
        raise LinkError(f"{where} is not reachable: {error.strerror or error}") from error
    except (ValueError, asyncio.LimitOverrunError) as error:
        raise LinkError(f"{where} answered what is not HTTP: {error}") from error


async def _read_head(reader: asyncio.StreamReader) -> tuple[int, dict[str, str]]:
    while True:
        lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        version, _, rest = lines[0].partition(" ")
        if version not in {"HTTP/1.1", "HTTP/1.0"} or not rest[:3].isdigit():
            raise ValueError(f"the status line is {lines[0][:80]!r}")
        status = int(rest[:3])
        if status < 200:  # 100 Continue, 103 Early Hints: the answer is still to come
            continue
        headers = {}
        for line in lines[1:-2]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return status, headers


def _ends_by_itself(status: int, headers: Mapping[str, str]) -> bool:
    if headers.get("connection", "").lower() == "close":
        return False
    return status in _BODILESS or "content-length" in headers or "transfer-encoding" in headers


async def _read_body(
    reader: asyncio.StreamReader, status: int, headers: Mapping[str, str], bytes_max: int
) -> bytes:
    if status in _BODILESS:
        return b""
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return await _read_chunks(reader, bytes_max)
    if "content-length" not in headers:
        return await _read_to_end(reader, bytes_max)
    length = _length(headers["content-length"], 10, bytes_max)
    return await reader.readexactly(length)


async def _read_chunks(reader: asyncio.StreamReader, bytes_max: int) -> bytes:
    body = bytearray()
    while True:
        line = (await reader.readuntil(b"\r\n")).decode("latin-1")
        size = _length(line.partition(";")[0].strip(), 16, bytes_max - len(body))
        if size == 0:
            break
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    while await reader.readuntil(b"\r\n") != b"\r\n":  # trailers, bounded by the reader's limit
        pass
    return bytes(body)


async def _read_to_end(reader: asyncio.StreamReader, bytes_max: int) -> bytes:
    body = bytearray()
    while piece := await reader.read(64 * 1024):
        body += piece
        if len(body) > bytes_max:
            raise ValueError(f"the body is longer than {bytes_max} bytes")
    return bytes(body)


def _length(text: str, base: int, bytes_max: int) -> int:
    length = int(text, base)
    if not 0 <= length <= bytes_max:
        raise ValueError(f"the body is longer than {bytes_max} bytes")
    return length
