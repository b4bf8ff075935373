"""Prometheus remote-write bodies: the few bytes of protobuf and snappy that one sender needs.

A body comes in pieces, since only its timestamps change from request to request: pieces and timestamps alternate.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

TIMESTAMP_BYTES = 6
"""A millisecond of our days as a varint."""


def varint(number: int) -> bytes:
    """Return a number as protobuf and snappy write lengths."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def _field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def series_before_timestamp(name: str, labels: Mapping[str, str], value: float) -> bytes:
    """Return a TimeSeries of one sample up to its timestamp, which is the last thing in it."""
    pairs = sorted({"__name__": name, **labels}.items())
    content = b"".join(
        _field(1, _field(1, key.encode()) + _field(2, text.encode())) for key, text in pairs
    )
    sample = b"\x09" + struct.pack("<d", value) + b"\x10"
    sample_length = len(sample) + TIMESTAMP_BYTES
    content += varint(2 << 3 | 2) + varint(sample_length) + sample
    return varint(1 << 3 | 2) + varint(len(content) + TIMESTAMP_BYTES) + content


def snappy_head(length: int) -> bytes:
    """Return what stands before so many bytes to make them a snappy block: one literal, which is cheaper to read than real compression."""
    return varint(length) + b"\xfc" + struct.pack("<I", length - 1)


def body(pieces: Sequence[bytes], timestamp_ms: int) -> bytes:
    """Return a whole body with one timestamp everywhere."""
    stamp = varint(timestamp_ms)
    content = b"".join(piece + stamp for piece in pieces)
    return snappy_head(len(content)) + content
