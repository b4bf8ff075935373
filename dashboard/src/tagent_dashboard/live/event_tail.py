"""The newest events, followed once for everyone who looks: they are shown at once, and each is a reason to poll now instead of a second later."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from tagent_client.client import Client
from tagent_client.errors import ApiError, StreamBrokenError, TagentError
from tagent_contract.events import Event

KEPT = 2000
READ_AT_START = 500
PAUSE_S = 2.0
"""Between one broken try and the next."""
UNKNOWN_CURSOR = 422

_log = logging.getLogger(__name__)


class EventTail:
    """Holds the newest events, without gaps between them. `client` gives whom to ask with, or None while nobody has signed in."""

    def __init__(
        self,
        client: Callable[[], Client | None],
        wake: Callable[[], None],
        *,
        pause_s: float = PAUSE_S,
    ) -> None:
        self.problem = ""
        """Why nothing is followed now, as one sentence."""
        self._client = client
        self._wake = wake
        self._pause_s = pause_s
        self._events: dict[str, Event] = {}
        self._newest_first: tuple[Event, ...] | None = None
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Follow until `stop`."""
        self._thread = threading.Thread(target=self._run, name="event tail", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; it may still be waiting for one event."""
        self._stopped.set()

    @property
    def events(self) -> tuple[Event, ...]:
        """Return what is held, the newest first; the same tuple until there is something new."""
        with self._lock:
            if self._newest_first is None:
                self._newest_first = tuple(reversed(self._events.values()))
            return self._newest_first

    def read_latest(self, client: Client) -> None:
        """Begin anew with what the log ends with now. Raises TagentError."""
        latest, _ = client.latest_events(limit=READ_AT_START)
        with self._lock:
            self._events = {event.cursor: event for event in reversed(latest)}
            self._newest_first = None

    def _run(self) -> None:
        while not self._stopped.is_set():
            client = self._client()
            if client is not None:
                self._follow_guarded(client)
            self._stopped.wait(self._pause_s)

    def _follow_guarded(self, client: Client) -> None:
        """Follow until it breaks, and say why it did, once however often it breaks in the same way."""
        problem = ""
        try:
            self._follow(client)
        except TagentError as error:
            problem = str(error)
            if _is_out_of_step(error):
                self._forget()
        except Exception as error:  # noqa: BLE001 - whatever it is, the pages live on without it
            problem = f"the dashboard could not follow the events ({error!r})"
        if problem not in ("", self.problem) and not self._stopped.is_set():
            _log.warning("events are not followed: %s", problem)
        self.problem = problem

    def _follow(self, client: Client) -> None:
        if self._newest() is None:
            self.read_latest(client)
            self.problem = ""
            self._wake()
        for event in client.follow_events(after=self._newest()):
            self.problem = ""
            self._take(event)
            # Whoever lent us their token may have signed out meanwhile.
            if self._stopped.is_set() or self._client() is not client:
                return

    def _take(self, event: Event) -> None:
        with self._lock:
            # By its cursor, for an event is given at least once.
            self._events[event.cursor] = event
            if len(self._events) > KEPT:
                del self._events[next(iter(self._events))]
            self._newest_first = None
        self._wake()

    def _newest(self) -> str | None:
        with self._lock:
            return next(reversed(self._events), None)

    def _forget(self) -> None:
        with self._lock:
            self._events.clear()
            self._newest_first = None


def _is_out_of_step(error: TagentError) -> bool:
    """Tell whether to go on from the last event known is hopeless: another log answers now, or one that this version cannot read."""
    if isinstance(error, ApiError):
        return error.status == UNKNOWN_CURSOR
    return isinstance(error, StreamBrokenError)
