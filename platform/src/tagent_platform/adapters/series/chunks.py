"""How windows and log lines look in `series.db`: many in one blob, so that a flush writes few rows however much was reported."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.structs import asdict, astuple

from tagent_contract.reports import CheckFigures, Histogram, Window
from tagent_platform.ports.series import LogSample

SHARDS = 16
"""A service's windows are all in one shard: a query decodes the chunks of that shard alone."""

Entry = tuple[int, int, Raw]
"""An instance's number, a window's end in milliseconds since the epoch, the window as it is stored."""

# Values without their names are less than half as long, and as quick to write.
_StoredWindow: Any = msgspec.defstruct(
    "_StoredWindow",
    [(field.name, field.type) for field in msgspec.structs.fields(Window)],
    array_like=True,
)

_KINDS = (Window, Histogram, CheckFigures)
_NAMES = [[field.name for field in msgspec.structs.fields(kind)] for kind in _KINDS]
LAYOUT = zlib.crc32(repr((2, SHARDS, _NAMES)).encode()) & 0x7FFFFFFF
"""Of this file's layout; another one is not read, since the order of the contract's fields is part of it."""

_ARRAY_32 = b"\xdd"  # MessagePack's mark of an array whose length follows in four bytes
_encoder = msgspec.msgpack.Encoder()
_entries = msgspec.msgpack.Decoder(list[Entry])
_window = msgspec.msgpack.Decoder(_StoredWindow)
_lines = msgspec.msgpack.Decoder(list[tuple[float, str, str, str, str]])


def shard_of(service: str) -> int:
    """Return the shard that a service's windows are in."""
    return zlib.crc32(service.encode()) % SHARDS


def add_entry(chunk: bytearray, number: int, end_ms: int, window: Window) -> None:
    """Append a window to a chunk that is being filled."""
    _encoder.encode_into((number, end_ms, astuple(window)), chunk, -1)


def entry_of(number: int, end_ms: int, window: Window) -> Entry:
    """Return a window as it is inside a chunk."""
    return (number, end_ms, Raw(_encoder.encode(astuple(window))))


def whole_chunk(chunk: bytearray, count: int) -> bytes:
    """Return a filled chunk as it is stored."""
    return _ARRAY_32 + count.to_bytes(4, "big") + chunk


def encode_entries(entries: Iterable[Entry]) -> bytes:
    """Return entries as a chunk."""
    return _encoder.encode(list(entries))


def decode_entries(body: bytes) -> list[Entry]:
    """Return a chunk's windows without reading each: whose they are and when they end."""
    return _entries.decode(body)


def decode_window(raw: Raw) -> Window:
    """Return one window of a chunk."""
    return Window(**asdict(_window.decode(raw)))


def encode_lines(lines: Sequence[LogSample]) -> bytes:
    """Return log lines of one service as one blob."""
    return _encoder.encode(
        [(line.at, line.instance, line.stream, line.level, line.text) for line in lines]
    )


def decode_lines(service: str, body: bytes) -> list[LogSample]:
    """Return the log lines of a blob."""
    return [LogSample(service, instance, at, *rest) for at, instance, *rest in _lines.decode(body)]
