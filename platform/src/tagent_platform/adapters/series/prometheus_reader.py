"""Windows back from the engine: as they were written for the latest time, folded into longer ones before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import ceil, floor

from tagent_contract.reports import Window
from tagent_platform.adapters.series.prometheus_answers import (
    Instance,
    NoAnswerError,
    windows_in,
)
from tagent_platform.adapters.series.prometheus_engine import Engine, EngineError
from tagent_platform.adapters.series.prometheus_queries import (
    QUERY,
    QUERY_RANGE,
    folds_between,
    samples_between,
)
from tagent_platform.adapters.series.prometheus_samples import GRID_MS, names_of
from tagent_platform.adapters.series.prometheus_trouble import Trouble
from tagent_platform.ports.clock import Clock

Windows = dict[Instance, dict[int, Window]]
"""By instance and by the end in milliseconds since the epoch."""

DURATION_MAX_S = 120.0
"""How far outside of what is asked for a window may end that says something of it."""
FOLD_S_MIN, FOLD_S_MAX = 60.0, 900.0
TIME_OUT_REST_S = 5.0
"""So long an engine that has not answered is not asked again: who looks at a picture must not wait for it each time."""


@dataclass(frozen=True, slots=True)
class Folds:
    """Equal spans from `start_ms` on, each to be folded into one window."""

    start_ms: int
    count: int
    each_ms: int

    @property
    def end_ms(self) -> int:
        """When the last one ends."""
        return self.start_ms + self.count * self.each_ms


def folds_of(start: float, end: float, step_s: float, raw_s: float) -> Folds:
    """Return what is folded of the time from `start` to `end`, seconds since the epoch: all but the latest `raw_s` and a little.

    A step of a minute and more is folded as one, or in equal parts, so that what is in it stays in it.
    """
    each_s = FOLD_S_MIN if step_s < FOLD_S_MIN else step_s / ceil(step_s / FOLD_S_MAX)
    count = max(0, floor((end - raw_s - start) / each_s))
    each_ms = round(each_s * 1000 / GRID_MS) * GRID_MS
    return Folds(round(start * 1000), count, each_ms)


class Reader:
    """Asks, and answers with less while the engine cannot. Any thread may use it."""

    def __init__(
        self, engine: Engine, labels: Mapping[str, str], clock: Clock, raw_s: float, where: str
    ) -> None:
        self._engine = engine
        self._labels = labels
        self._clock = clock
        self._raw_s = raw_s
        self._ask_from = 0.0
        self._trouble = Trouble(
            f"{where} cannot be asked for figures (what was reported last is shown alone)",
            f"{where} can be asked for figures again",
        )

    def windows(
        self, service: str, fields: Collection[str], start: float, end: float, step_s: float
    ) -> Windows:
        """Return a service's windows that say something of that time, with these fields alone; none while the engine cannot tell."""
        folds = folds_of(start, end, step_s, self._raw_s)
        raw_from = folds.end_ms if folds.count else round((start - DURATION_MAX_S) * 1000)

        def ask() -> Windows:
            found: Windows = {}
            if folds.count:
                found = self._folded(service, fields, folds)
            until_ms = round((end + DURATION_MAX_S) * 1000)
            for instance, windows in self._raw(fields, raw_from, until_ms, service).items():
                found.setdefault(instance, {}).update(windows)
            return found

        return self._try(ask)

    def latest(self, since: float, now: float) -> Windows:
        """Return every service's whole windows since then."""
        return self._try(
            lambda: self._raw(Window.__struct_fields__, round(since * 1000), round(now * 1000))
        )

    def _try(self, ask: Callable[[], Windows]) -> Windows:
        began = self._clock.monotonic()
        if began < self._ask_from:
            return {}
        try:
            found = ask()
        except (EngineError, NoAnswerError) as error:
            now = self._clock.monotonic()
            if now - began >= 1.0:
                self._ask_from = now + TIME_OUT_REST_S
            self._trouble.note(str(error), now)
            return {}
        self._trouble.went_well(self._clock.monotonic())
        return found

    def _raw(
        self, fields: Collection[str], after_ms: int, until_ms: int, service: str | None = None
    ) -> Windows:
        names = [name for name, _ in names_of(fields)]
        question = samples_between(names, self._labels_of(service), after_ms, until_ms)
        return windows_in(self._engine.ask(QUERY, question))

    def _folded(self, service: str, fields: Collection[str], folds: Folds) -> Windows:
        each_ms = folds.each_ms
        question = folds_between(
            names_of(fields),
            self._labels_of(service),
            folds.start_ms + each_ms,
            folds.count,
            each_ms,
        )
        found = windows_in(self._engine.ask(QUERY_RANGE, question), each_ms / 1000)
        # A little before its end each is surely inside its step, wherever rounding has put it.
        early_ms = each_ms // 20
        return {
            instance: {at_ms - early_ms: window for at_ms, window in windows.items()}
            for instance, windows in found.items()
        }

    def _labels_of(self, service: str | None) -> dict[str, str]:
        return {**self._labels, **({} if service is None else {"service": service})}
