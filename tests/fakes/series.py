"""A series that remembers what was appended, for tests that look at nothing else of it."""

from __future__ import annotations

from collections.abc import Sequence

from tagent_platform.ports.series import LogQuery, LogSample, WindowSample

METRICS = ("requests_per_s",)


class RecordingSeries:
    """Keeps everything, in the order in which it came."""

    def __init__(self) -> None:
        self.windows: list[WindowSample] = []
        self.lines: list[LogSample] = []
        self.dropped = 0

    def append(self, windows: Sequence[WindowSample], logs: Sequence[LogSample] = ()) -> None:
        self.windows.extend(windows)
        self.lines.extend(logs)

    def recent(self, service: str, instance: str, since: float) -> Sequence[WindowSample]:
        return [
            sample
            for sample in self.windows
            if (sample.service, sample.instance) == (service, instance) and sample.at > since
        ]

    async def query(
        self, service: str, metrics: Sequence[str], start: float, end: float, step_s: float
    ) -> Sequence[Sequence[tuple[float, float | None]]]:
        for metric in metrics:
            if metric not in METRICS:
                raise ValueError(f"unknown metric {metric!r}; known: {', '.join(METRICS)}")
        steps = round((end - start) / step_s)
        return [[(start + step_s * (step + 1), None) for step in range(steps)] for _ in metrics]

    async def logs(self, query: LogQuery) -> Sequence[LogSample]:
        if query.level not in (None, "info", "error"):
            raise ValueError(f"unknown level {query.level!r}")
        found = [line for line in self.lines if query.text.lower() in line.text.lower()]
        return found[-query.limit :]
