"""How each service has been lately, for the small lines beside its name: kept here, since the platform's series are asked for one service at a time."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence

from tagent_contract.services import ServiceView
from tagent_dashboard.live.snapshot import Snapshot

SAMPLE_EVERY_S = 5.0
SAMPLES = 720
"""An hour, in 4 bytes each."""
POINTS = 30
"""As many as a line the width of a thumb can show."""

_UNKNOWN = -1.0


class Trends:
    """Latencies by service, one every 5 s for the last hour, oldest first. One thread adds, many read."""

    def __init__(self) -> None:
        self._lines: dict[str, array[float]] = {}
        self._worked_out: dict[float, tuple[int, Mapping[str, Sequence[float]]]] = {}
        self._sampled_at = float("-inf")
        self.taken = 0
        """How many samples there were; what is worked out of the lines keeps until it changes."""

    def add(self, snapshot: Snapshot) -> None:
        """Take a sample of every service, unless the last one is too young."""
        if snapshot.taken_at - self._sampled_at < SAMPLE_EVERY_S:
            return
        self._sampled_at = snapshot.taken_at
        # A line is never changed, since somebody may be reading it, but replaced by a longer one.
        self._lines = {service.name: self._longer(service) for service in snapshot.services}
        self.taken += 1

    def _longer(self, service: ServiceView) -> array[float]:
        known = self._lines.get(service.name, array("f"))
        latency_ms = shown_latency_ms(service)
        return known[1 - SAMPLES :] + array("f", [_UNKNOWN if latency_ms is None else latency_ms])

    def lines(self, span_s: float) -> Mapping[str, Sequence[float]]:
        """Return what `of` says of every service, worked out once for each sample however many look."""
        taken = self.taken
        known_at, known = self._worked_out.get(span_s, (-1, {}))
        if known_at != taken:
            known = {name: self.of(name, span_s) for name in self._lines}
            self._worked_out[span_s] = (taken, known)
        return known

    def of(self, service: str, span_s: float) -> Sequence[float]:
        """Return the latencies of the last `span_s` as at most 30 points, each the highest of its time; what is not known is left out."""
        line = self._lines.get(service, array("f"))
        each = max(1, round(span_s / SAMPLE_EVERY_S / POINTS))
        # Counted from the first sample on, so that a sample stays with its neighbours as the line moves on.
        first = self.taken - len(line)
        buckets = -(-self.taken // each)
        cuts = range(max(buckets - POINTS, 0) * each, self.taken, each)
        highest = (
            max(line[max(0, cut - first) : max(0, cut - first + each)], default=_UNKNOWN)
            for cut in cuts
        )
        return [round(latency_ms, 1) for latency_ms in highest if latency_ms != _UNKNOWN]


def shown_latency_ms(service: ServiceView) -> float | None:
    """Return the latency to show: of requests, or of the checks while there are none."""
    figures = service.figures
    return (
        figures.check_latency_ms if figures.first_byte_p95_ms is None else figures.first_byte_p95_ms
    )
