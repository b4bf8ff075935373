"""What can be set about the proxy, with the defaults."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProxySettings:
    """Where the proxy stands, and its limits. Port 0 takes a free one."""

    listen_host: str
    listen_port: int
    target_host: str
    target_port: int
    protocol: str = "http"
    """`http`, or `tcp` for everything else."""
    connect_timeout_s: float = 5.0
    head_timeout_s: float = 10.0
    """From the accept, or a request's first byte, to the end of the request's head."""
    idle_timeout_s: float = 300.0
    """Between requests. Most services close an idle connection sooner, and that is passed on."""
    linger_s: float = 2.0
    """After a last answer: how long what a caller still sends is read and thrown away before the close."""
    abandoned_after_s: float = 1.0
    """A caller that leaves unanswered after this long counts as timed out; one that leaves sooner as gone."""
    connections_max: int = 8192
    """Fewer when the limit on open files is lower: each connection takes two."""
    head_bytes_max: int = 64 * 1024
    line_bytes_max: int = 16 * 1024
    headers_max: int = 100
    buffer_bytes_max: int = 256 * 1024
    """Per direction of a connection: beyond this, reading pauses."""
    backlog: int = 1024
