"""Who everybody on this machine is: the holder of the home's own token, asked of the platform beside the pages that want to know."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from tagent_client.client import Client
from tagent_client.errors import TagentError
from tagent_dashboard.doorway.person import Person

AGAIN_AFTER_S = 2.0
"""While nothing is known the platform is asked at most this often, however many pages are opened."""
STALE_AFTER_S = 60.0
WAIT_S = 0.5
"""How long a page waits for the first answer."""


class LocalPerson:
    """Knows one person; many threads may ask."""

    def __init__(
        self,
        client: Client,
        *,
        now: Callable[[], float] = time.monotonic,
        wait_s: float = WAIT_S,
    ) -> None:
        self._person = Person("", "", client)
        self._now = now
        self._wait_s = wait_s
        self._lock = threading.Lock()
        self._asked_at = float("-inf")
        self._asking: threading.Event | None = None

    def get(self) -> Person:
        """Return who they are; without a name and a role while the platform has not said. Waits half a second at most."""
        with self._lock:
            if self._asking is None and self._now() - self._asked_at >= self._asks_after_s:
                self._asked_at = self._now()
                self._asking = threading.Event()
                threading.Thread(
                    target=self._ask, args=(self._asking,), name="who is local", daemon=True
                ).start()
            person, asking = self._person, self._asking
        if asking is not None and not person.role:
            asking.wait(self._wait_s)
        return self._person

    @property
    def _asks_after_s(self) -> float:
        return STALE_AFTER_S if self._person.role else AGAIN_AFTER_S

    def _ask(self, asking: threading.Event) -> None:
        client = self._person.client
        try:
            role = client.whoami()
            self._person = Person(role.name, role.role, client)
        except TagentError:
            # What was known stays; the platform itself refuses what it has taken back.
            pass
        finally:
            with self._lock:
                self._asking = None
            asking.set()
