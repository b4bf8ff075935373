"""The proxy as the sidecar sees it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from tagent_sidecar.faults.engine import FaultEngine
from tagent_sidecar.proxy.settings import ProxySettings
from tagent_sidecar.telemetry.recorder import Recorder


class Proxy:
    """One listening port before one service. Made, started and stopped once; on one event loop."""

    def __init__(self, settings: ProxySettings, engine: FaultEngine, recorder: Recorder) -> None:
        """Open nothing yet."""

    @property
    def address(self) -> tuple[str, int]:
        """Return where it listens, with the port that was really taken. Valid after `start`."""
        raise NotImplementedError

    async def start(self) -> None:
        """Listen. Raises OSError when the address cannot be taken. Applies a `down` that is already armed."""
        raise NotImplementedError

    def faults_changed(self, ended: Collection[str]) -> None:
        """Carry out `ConnectionsChanged`: release at once what the ended faults hold; close or reopen the port."""
        raise NotImplementedError

    @contextmanager
    def expect_check_connection(self, local_port: int) -> Iterator[None]:
        """Treat connections from this port of this machine as the sidecar's own check while the block runs.

        Bind the check's socket first (`sock.bind((host, 0))`), enter with `sock.getsockname()[1]`, connect inside. Such a
        connection suffers faults and is in no figure, `injected` or quota, also if it outlives the block.
        """
        raise NotImplementedError
        yield

    async def stop(self, grace_s: float) -> None:
        """Stop accepting, let requests in flight end for up to `grace_s`, then abort the rest. Idempotent."""
        raise NotImplementedError
