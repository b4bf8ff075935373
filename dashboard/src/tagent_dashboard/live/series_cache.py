"""Series that somebody looks at, asked for once however many look."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tagent_client.client import Client
from tagent_client.errors import TagentError
from tagent_contract.services import SeriesView
from tagent_dashboard.live.poller import CLOCK

KEPT = 200
ASKED_AT_ONCE = 4


@dataclass(frozen=True)
class Series:
    """Some metrics of one service over one range. `problem` says why the newest are missing."""

    by_metric: Mapping[str, SeriesView] = field(default_factory=dict)
    taken_at: float = 0.0
    problem: str = ""


@dataclass
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    series: Series = field(default_factory=Series)


class SeriesCache:
    """Keeps the latest answer of each (service, range); many threads may ask."""

    def __init__(
        self, client: Callable[[], Client | None], *, now: Callable[[], float] = CLOCK
    ) -> None:
        self._client = client
        self._now = now
        self._slots: OrderedDict[tuple[str, float, float], _Slot] = OrderedDict()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(ASKED_AT_ONCE, thread_name_prefix="series")

    def get(
        self,
        service: str,
        metrics: Sequence[str],
        *,
        window_s: float,
        step_s: float,
        younger_than_s: float,
    ) -> Series:
        """Return the metrics, asked for anew when what is known is older. Never raises."""
        slot = self._slot((service, window_s, step_s))
        with slot.lock:
            if self._now() - slot.series.taken_at >= younger_than_s:
                slot.series = self._ask(slot.series, service, metrics, window_s, step_s)
            return slot.series

    def _slot(self, key: tuple[str, float, float]) -> _Slot:
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            if len(self._slots) > KEPT:
                self._slots.popitem(last=False)
            return slot

    def _ask(
        self, known: Series, service: str, metrics: Sequence[str], window_s: float, step_s: float
    ) -> Series:
        client = self._client()
        if client is None:
            return known

        def ask(metric: str) -> SeriesView:
            return client.series(service, metric, window_s=window_s, step_s=step_s)

        try:
            found = list(self._pool.map(ask, metrics))
        except TagentError as error:
            return Series(known.by_metric, self._now(), str(error))
        return Series({view.metric: view for view in found}, self._now())
