"""A look at all sessions now and then: what is over ends, and so does what the platform has revoked."""

from __future__ import annotations

import logging
import threading

from tagent_dashboard.doorway.sessions import Sessions

EVERY_S = 20.0
_log = logging.getLogger(__name__)


class Rounds:
    """One thread that looks after the sessions until it is stopped."""

    def __init__(self, sessions: Sessions, *, every_s: float = EVERY_S) -> None:
        self._sessions = sessions
        self._every_s = every_s
        self._stopped = threading.Event()

    def start(self) -> None:
        """Begin."""
        threading.Thread(target=self._run, name="rounds", daemon=True).start()

    def stop(self) -> None:
        """End; it may still be waiting for one answer."""
        self._stopped.set()

    def _run(self) -> None:
        while not self._stopped.wait(self._every_s):
            try:
                self._sessions.look_after()
            except Exception:  # noqa: BLE001 - the next round may go well, and somebody must make it
                _log.exception("a round failed")
