"""The few things that asyncio's transports do not do: a reset, a held port, keep-alive probes."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import struct
from typing import TypeAlias, cast

Address: TypeAlias = tuple[str, int] | tuple[str, int, int, int]

_LINGER_ZERO = struct.pack("ii", 1, 0)
_DESCRIPTORS_KEPT = 256
"""Descriptors left for the sidecar itself: the platform, checks, the service's pipes."""
_PROBE_IDLE_S = 5


def reset(transport: asyncio.Transport) -> None:
    """Close with a TCP reset; what was not sent yet is lost."""
    sock = transport.get_extra_info("socket")
    if sock is not None and not transport.is_closing():
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    transport.abort()


def probe_when_silent(transport: asyncio.Transport) -> None:
    """Let the kernel ask every few seconds whether the other side still exists; a caller that left for good is noticed."""
    sock = transport.get_extra_info("socket")
    if sock is None or transport.is_closing():
        return
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option in ("TCP_KEEPIDLE", "TCP_KEEPINTVL"):
            if hasattr(socket, option):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), _PROBE_IDLE_S)


async def hold_port(host: str, port: int) -> socket.socket:
    """Take an address without listening on it: whoever connects is refused by the kernel. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, kind, protocol, _name, address = found[0]
    return bind(family, kind, protocol, cast(Address, address))


def bind(family: int, kind: int, protocol: int, address: Address) -> socket.socket:
    """Bind a new socket to an address that nobody listens on. Raises OSError."""
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind(address)
    except OSError:
        sock.close()
        raise
    return sock


def connections_possible(wanted: int) -> int:
    """Return how many callers the limit on open files leaves room for: each takes two, ours and the service's side."""
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    return max(1, min(wanted, (soft - _DESCRIPTORS_KEPT) // 2))
