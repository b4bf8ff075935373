"""What all connections of one proxy share."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING

from tagent_sidecar.faults.engine import FaultEngine
from tagent_sidecar.proxy.heads import HeadLimits
from tagent_sidecar.proxy.plain import PlainRequests, PlainResponses
from tagent_sidecar.proxy.settings import ProxySettings
from tagent_sidecar.proxy.sockets import connections_possible
from tagent_sidecar.telemetry.recorder import Recorder

if TYPE_CHECKING:
    from tagent_sidecar.proxy.downstream import Downstream
    from tagent_sidecar.proxy.struck import StruckRequest


class ProxyContext:
    """Settings, figures and the set of open connections."""

    __slots__ = (
        "check_ports",
        "connections",
        "connections_max",
        "draining",
        "emptied",
        "engine",
        "limits",
        "loop",
        "plain_requests",
        "plain_responses",
        "recorder",
        "settings",
        "struck",
        "tasks",
        "unseen",
    )

    def __init__(self, settings: ProxySettings, engine: FaultEngine, recorder: Recorder) -> None:
        """Belong to the running event loop."""
        self.settings = settings
        self.engine = engine
        self.recorder = recorder
        self.unseen = Recorder(monotonic())
        """Where the sidecar's own checks are counted; nobody reads it."""
        self.loop = asyncio.get_running_loop()
        self.limits = HeadLimits(
            head_bytes=settings.head_bytes_max,
            line_bytes=settings.line_bytes_max,
            headers=settings.headers_max,
        )
        self.plain_requests = PlainRequests(self.limits)
        self.plain_responses = PlainResponses()
        self.connections: set[Downstream] = set()
        self.connections_max = connections_possible(settings.connections_max)
        self.struck: set[StruckRequest] = set()
        """Requests and connections on which a fault acts now."""
        self.check_ports: set[int] = set()
        self.draining = False
        self.emptied = asyncio.Event()
        self.tasks: set[asyncio.Task[None]] = set()
        """Upstream connections being made; a loop alone would not keep them alive."""

    def is_check(self, transport: asyncio.Transport) -> bool:
        """Return whether the sidecar's own check is calling: from this machine, and from a port it named before."""
        if not self.check_ports:
            return False
        peer = transport.get_extra_info("peername")
        here = transport.get_extra_info("sockname")
        return bool(peer and here and peer[0] == here[0] and peer[1] in self.check_ports)
