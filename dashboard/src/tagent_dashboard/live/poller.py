"""One poller for everyone: asks the platform once a second, and at once when something happened, so that more watchers cost the platform nothing."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace

from tagent_client.client import Client
from tagent_client.errors import ApiError, TagentError
from tagent_contract.faults import FaultView
from tagent_dashboard.live.healed import Healed
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.live.trends import Trends

SETTLE_S = 0.05
"""Events that come together are one reason to look."""
POLLING_SHARE_MAX = 0.2
"""Of the time, however much happens: a large fleet in trouble must not be burdened by who watches it."""
UNAUTHORIZED = 401
CLOCK: Callable[[], float] = time.time  # noqa: TID251 - the edge of the process, given as an argument

_log = logging.getLogger(__name__)


class Poller:
    """Holds the newest snapshot. `client` gives whom to ask with, or None while nobody has signed in; `another`, whom instead of one that was revoked."""

    def __init__(
        self,
        client: Callable[[], Client | None],
        *,
        interval_s: float,
        now: Callable[[], float] = CLOCK,
        another: Callable[[Client], Client | None] = lambda _refused: None,
    ) -> None:
        self.snapshot = Snapshot()
        self.trends = Trends()
        self.now = now
        self._healed = Healed()
        self._client = client
        self._another = another
        self._interval_s = interval_s
        self._turn = threading.Lock()
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Poll until `stop`."""
        self._thread = threading.Thread(target=self._run, name="poller", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; it may still be waiting for one answer."""
        self._stopped.set()
        self._wake.set()

    def wake(self) -> None:
        """Poll soon: something happened."""
        self._wake.set()

    def poll(self) -> Snapshot:
        """Ask now, and return what was found. Never raises: a failure is a snapshot's `problem`."""
        with self._turn:
            client = self._client()
            if client is None:
                return self.snapshot
            try:
                snapshot = self._ask_one_that_is_known(client)
            except TagentError as error:
                snapshot = replace(self.snapshot, problem=str(error))
            except Exception:  # noqa: BLE001 - one bad answer must not end what everybody sees
                _log.exception("a poll failed")
                problem = "the dashboard could not read the platform's answer; its log says why"
                snapshot = replace(self.snapshot, problem=problem)
            else:
                self.trends.add(snapshot)
            self.snapshot = snapshot
            return snapshot

    def _ask_one_that_is_known(self, client: Client) -> Snapshot:
        try:
            return self._ask(client)
        except ApiError as error:
            other = self._another(client) if error.status == UNAUTHORIZED else None
            if other is None:
                raise
        return self._ask_one_that_is_known(other)

    def _ask(self, client: Client) -> Snapshot:
        # Faults first: a service that is seen with a fault's effect is then seen with the fault too.
        faults: tuple[FaultView, ...] = tuple(client.faults(active=True))
        incidents = tuple(client.incidents(unresolved=True))
        return Snapshot(
            faults=faults,
            incidents=incidents,
            healed=self._healed.look(client, incidents, self.now()),
            halt=client.halt_state(),
            services=client.services(),
            taken_at=self.now(),
        )

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.clear()
            began = time.monotonic()
            self.poll()
            took_s = time.monotonic() - began
            if self._wake.wait(self._interval_s):
                self._stopped.wait(rest_s(took_s, time.monotonic() - began, self._interval_s))


def rest_s(took_s: float, since_s: float, interval_s: float) -> float:
    """Return how long to wait, since something happened, before looking again. The last look began `since_s` ago and took `took_s`."""
    return min(max(SETTLE_S, took_s / POLLING_SHARE_MAX - since_s), interval_s)
