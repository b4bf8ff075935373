"""How each service has been lately, for the small lines beside its name: kept here, since the platform's series are asked for one service at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from tagent_contract.services import ServiceView
from tagent_dashboard.live.snapshot import Snapshot

SAMPLES = 60
SAMPLE_EVERY_S = 5.0


class Trends:
    """Latencies by service, one every 5 s for the last five minutes, oldest first."""

    def __init__(self) -> None:
        self._lines: dict[str, deque[float]] = {}
        self._sampled_at = float("-inf")

    def add(self, snapshot: Snapshot) -> None:
        """Take a sample of every service, unless the last one is too young."""
        if snapshot.taken_at - self._sampled_at < SAMPLE_EVERY_S:
            return
        self._sampled_at = snapshot.taken_at
        self._lines = {service.name: self._longer(service) for service in snapshot.services}

    def _longer(self, service: ServiceView) -> deque[float]:
        line = self._lines.get(service.name) or deque(maxlen=SAMPLES)
        latency_ms = shown_latency_ms(service)
        if latency_ms is not None:
            line.append(round(latency_ms, 1))
        return line

    def of(self, service: str) -> Sequence[float]:
        """Return a service's line; empty while nothing is known."""
        return list(self._lines.get(service, ()))


def shown_latency_ms(service: ServiceView) -> float | None:
    """Return the latency to show: of requests, or of the checks while there are none."""
    figures = service.figures
    return (
        figures.check_latency_ms if figures.first_byte_p95_ms is None else figures.first_byte_p95_ms
    )
