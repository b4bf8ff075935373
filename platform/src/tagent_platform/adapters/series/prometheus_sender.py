"""Brings windows to the engine, about once a second, and keeps what it does not take now: bounded, the newest."""

from __future__ import annotations

import logging
import random
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tagent_platform.adapters.series.prometheus_delivery import Delivery
from tagent_platform.adapters.series.prometheus_engine import (
    ContentRefusedError,
    Engine,
    EngineAwayError,
    EngineFailedError,
)
from tagent_platform.adapters.series.prometheus_roll_up import RollUp
from tagent_platform.adapters.series.prometheus_trouble import Trouble
from tagent_platform.adapters.series.prometheus_write import RemoteWriter
from tagent_platform.ports.clock import Clock
from tagent_platform.ports.series import WindowSample

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderLimits:
    """How soon windows are sent, how many at once, and how many may wait."""

    waiting_windows_max: int = 30_000
    roll_up_s: float = 0.0
    """0 sends each window as it came."""
    flush_interval_s: float = 1.0
    request_windows: int = 100
    """So many waiting windows are sent before the interval is over, and in one request."""
    requests_of_a_batch_max: int = 32
    """So many requests look for what an engine refuses in a batch; what is not told apart then is lost with it."""
    backoff_first_s: float = 0.5
    backoff_max_s: float = 30.0
    retry_after_max_s: float = 300.0
    refusals_calm_s: float = 60.0
    stop_within_s: float = 3.0


class Sender:
    """Owns what waits and the one thread that sends it. `append` belongs to the event loop; it never waits for the network."""

    def __init__(
        self, engine: Engine, writer: RemoteWriter, clock: Clock, limits: SenderLimits, where: str
    ) -> None:
        self._engine = engine
        self._writer = writer
        self._clock = clock
        self._limits = limits
        self._lock = threading.Lock()
        self._waiting: deque[WindowSample] = deque()
        self._sending: list[WindowSample] = []
        self._roll_up = RollUp(limits.roll_up_s) if limits.roll_up_s else None
        self._dropped = 0
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._failures = 0
        self._away = Trouble(
            f"{where} does not take figures (they wait, at most {limits.waiting_windows_max} windows; the oldest are lost for newer ones)",
            f"{where} takes figures again",
        )
        self._refusals = Trouble(
            f"{where} refuses some figures, which are lost",
            f"{where} has refused no figures for a while",
            limits.refusals_calm_s,
        )
        self._thread = threading.Thread(target=self._run, name="series-sender", daemon=True)
        self._thread.start()

    @property
    def dropped(self) -> int:
        """How many windows were lost."""
        return self._dropped

    def append(self, windows: Sequence[WindowSample]) -> None:
        """Keep windows until they are sent; without room the oldest are dropped."""
        if not windows:
            return
        with self._lock:
            if self._roll_up is None:
                self._waiting.extend(windows)
            else:
                self._roll_up.add(windows)
                if len(self._roll_up) > self._limits.waiting_windows_max:
                    self._waiting.extend(self._roll_up.take_all())
            self._make_room()
            is_many = len(self._waiting) >= self._limits.request_windows
        if is_many:
            self._wake.set()

    def lose(self, count: int) -> None:
        """Count windows for which there is no place at all."""
        with self._lock:
            self._dropped += count

    def waiting_of(self, service: str) -> list[WindowSample]:
        """Return a service's windows that the engine may not have yet."""
        with self._lock:
            return [
                sample
                for part in (self._sending, self._waiting, self._held())
                for sample in part
                if sample.service == service
            ]

    def _held(self) -> Iterable[WindowSample]:
        return () if self._roll_up is None else self._roll_up.held()

    def stop(self) -> None:
        """Send what waits if the engine takes it in time, and end. Waits for the network, not for long."""
        self._stop.set()
        self._wake.set()
        self._thread.join(self._limits.stop_within_s)
        with self._lock:
            self._take_rolled_up()
            left = len(self._sending) + len(self._waiting)
            self._dropped += left
            self._waiting.clear()
        if left:
            log.warning("%d windows were not sent before the end, and are lost", left)

    def _run(self) -> None:
        is_last = False
        while not is_last:
            self._wake.wait(self._limits.flush_interval_s)
            self._wake.clear()
            # What came while the round before was on its way is sent too.
            is_last = self._stop.is_set()
            try:
                self._send_waiting()
            except Exception:
                # Our own mistake must cost a batch, not all of them from now on.
                log.exception("the series' sender failed, and goes on")
                with self._lock:
                    self._dropped += len(self._sending)
                    self._sending = []

    def _send_waiting(self) -> None:
        """Send until nothing waits; at the end try once and no more."""
        with self._lock:
            self._take_rolled_up()
        while self._take_batch():
            left = self._deliver(self._sending)
            with self._lock:
                self._waiting.extendleft(reversed(left))
                self._sending = []
                self._make_room()
            if left and self._stop.is_set():
                return

    def _take_rolled_up(self) -> None:
        if self._roll_up is not None:
            over = float("inf") if self._stop.is_set() else self._clock.now()
            self._waiting.extend(self._roll_up.take(over))
            self._make_room()

    def _take_batch(self) -> bool:
        with self._lock:
            count = min(len(self._waiting), self._limits.request_windows)
            self._sending = [self._waiting.popleft() for _ in range(count)]
            return bool(count)

    def _make_room(self) -> None:
        excess = len(self._sending) + len(self._waiting) - self._limits.waiting_windows_max
        for _ in range(min(excess, len(self._waiting))):
            self._waiting.popleft()
            self._dropped += 1

    def _deliver(self, batch: Sequence[WindowSample]) -> list[WindowSample]:
        """Send a batch, and return what is to be sent again. What the engine cannot take is looked for by halves, and lost."""
        delivery = Delivery(batch, self._limits.requests_of_a_batch_max)
        away: EngineAwayError | None = None
        while part := delivery.next_part():
            try:
                self._engine.write(self._writer.body(part))
                delivery.accepted(part)
            except ContentRefusedError as error:
                delivery.refused(part, str(error))
            except EngineFailedError as error:
                delivery.failed(part, error)
            except EngineAwayError as error:
                delivery.put_back(part)
                away = error
                break
        self._note(delivery, away or delivery.failure)
        return delivery.left()

    def _note(self, delivery: Delivery, away: EngineAwayError | None) -> None:
        now = self._clock.monotonic()
        if delivery.lost:
            with self._lock:
                self._dropped += delivery.lost
            self._refusals.note(delivery.reason, now)
        else:
            self._refusals.went_well(now)
        if away is not None:
            self._away.note(str(away), now)
        else:
            self._away.went_well(now)
        if delivery.count_accepted:
            self._failures = 0
        if away is not None or not delivery.count_accepted:
            # Also an engine that refuses whatever we send is not asked again without a rest.
            self._rest(away.retry_after_s if away is not None else None)

    def _rest(self, wished_s: float | None) -> None:
        """Wait before the next try: longer each time up to the most, or as long as the engine wishes within reason."""
        limits = self._limits
        backoff_s = limits.backoff_first_s * 2 ** min(self._failures, 16)
        self._failures += 1
        # Replicas that lost the same engine must not come back to it at the same moment.
        backoff_s *= random.uniform(0.75, 1.0)  # noqa: S311  # spreads, protects nothing
        wished_s = min(wished_s or 0.0, limits.retry_after_max_s)
        self._stop.wait(max(wished_s, min(limits.backoff_max_s, backoff_s)))
