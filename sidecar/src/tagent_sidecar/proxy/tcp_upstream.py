"""The service's side of a TCP pair: bytes go through, and so does each side's end of sending."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tagent_sidecar.proxy.overriding import override
from tagent_sidecar.proxy.upstream import Upstream

if TYPE_CHECKING:
    from tagent_sidecar.proxy.tcp_downstream import TcpDownstream


class TcpUpstream(Upstream):
    """One TCP connection to the service."""

    __slots__ = ("_caller",)

    def __init__(self, downstream: TcpDownstream) -> None:
        super().__init__(downstream)
        self._caller = downstream

    @override
    def data_received(self, data: bytes) -> None:
        """Pass on what the service says."""
        self._caller.first_byte()
        self._caller.deliver(data, [(0, len(data))])

    @override
    def eof_received(self) -> bool:
        """Tell the caller that no more comes; it may still send."""
        self._caller.output_ends()
        return True
