"""Figures over time, and the latest log lines. Disposable: losing it loses pictures, never decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct

from tagent_contract.reports import Window


class WindowSample(Struct, frozen=True):
    """A window of one instance; `at` is its end on the platform's clock."""

    service: str
    instance: str
    at: float
    window: Window


class LogSample(Struct, frozen=True):
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
    - `query` answers for each metric `(end of the step, value)` for each step from `start` to `end`, None where nothing is known; sums over instances for counts
      and rates, percentiles from merged histograms, maxima for checks. What was just appended is in it.
    - A window says something about every step that it covers; counts belong to the step in which the window ends.
    - An unknown metric raises ValueError naming the known ones.
    - Raw windows are kept 15 min, minutes for 24 h (settings), and older ones vanish; an engine of its own keeps them as long as it is told to.
    - `recent` answers an instance's windows that end after `since`, oldest first, also straight after a restart; it remembers the last half minute.
    - `logs` answers the newest matching lines, oldest first, bounded per service; an unknown level raises ValueError naming the known ones.
      Lines may be those that this replica was told alone.
    - Storage that fails or is full loses samples, counts them in `dropped`, and never stops the platform.
    """

    def append(self, windows: Sequence[WindowSample], logs: Sequence[LogSample] = ()) -> None: ...

    def recent(self, service: str, instance: str, since: float) -> Sequence[WindowSample]: ...

    async def query(
        self, service: str, metrics: Sequence[str], start: float, end: float, step_s: float
    ) -> Sequence[Sequence[tuple[float, float | None]]]: ...

    async def logs(self, query: LogQuery) -> Sequence[LogSample]: ...

    @property
    def dropped(self) -> int: ...
