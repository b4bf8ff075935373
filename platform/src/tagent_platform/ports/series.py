"""Figures over time, and the latest log lines. Disposable: losing it loses pictures, never decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tagent_contract.reports import Window


@dataclass(frozen=True, slots=True)
class WindowSample:
    """A window of one instance; `at` is its end on the platform's clock."""

    service: str
    instance: str
    at: float
    window: Window


@dataclass(frozen=True, slots=True)
class LogSample:
    """A log line on the platform's clock."""

    service: str
    instance: str
    at: float
    stream: str
    level: str
    text: str


@dataclass(frozen=True, slots=True)
class LogQuery:
    """`text`: case-insensitive part of the line. `level`: that level or worse."""

    service: str
    text: str = ""
    level: str | None = None
    limit: int = 200


class Series(Protocol):
    """Windows and log lines by service.

    - `append` never waits and never raises; what was appended is durable within about 1 s.
    - The same (instance, end) twice counts once, so backfill may repeat.
    - `query` answers one value per step, None where nothing is known; sums over instances for counts and rates, percentiles from merged histograms,
      maxima for checks. An unknown metric raises ValueError naming the known ones.
    - Raw windows are kept 15 min, minutes for 24 h (settings); older ones vanish.
    - `recent` answers an instance's windows of the last seconds, oldest first, also straight after a restart.
    - `logs` answers the newest matching lines, oldest first, bounded per service.
    - Storage that fails or is full loses samples, counts them in `dropped`, and never stops the platform.
    """

    def append(self, windows: Sequence[WindowSample], logs: Sequence[LogSample] = ()) -> None: ...

    def recent(self, service: str, instance: str, since: float) -> Sequence[WindowSample]: ...

    async def query(
        self, service: str, metric: str, start: float, end: float, step_s: float
    ) -> Sequence[tuple[float, float | None]]: ...

    async def logs(self, query: LogQuery) -> Sequence[LogSample]: ...

    @property
    def dropped(self) -> int: ...
