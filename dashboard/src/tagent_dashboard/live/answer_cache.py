"""Answers of the platform that a page needs beside the snapshot, asked for once however many look, and never waited for longer than a page may take."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from tagent_client.client import Client
from tagent_client.errors import TagentError
from tagent_dashboard.live.poller import CLOCK

T = TypeVar("T")
_log = logging.getLogger(__name__)
KEPT = 500
FORGOTTEN_AFTER_S = 120.0
"""What nobody has looked at for so long is not kept: a person who walks through 500 services leaves nothing behind."""
AGAIN_AFTER_S = 2.0
"""A question that failed is asked again this much later, however long its answers keep."""


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What is known, None for nothing yet. `problem` says why the newest is missing."""

    value: T | None = None
    taken_at: float = float("-inf")
    problem: str = ""


@dataclass
class _Slot:
    answer: Answer[Any] = field(default_factory=Answer)
    asked_at: float = float("-inf")
    looked_at: float = float("-inf")
    asking: threading.Event | None = None
    """Set once the question that is under way has its answer."""


class AnswerCache:
    """Keeps the latest answer to each question; many threads may ask.

    Questions are asked beside the page: a platform that hangs leaves the page with what was known, and the answer is there when the page looks
    again. `wait_s` is how long a page waits where nothing or something old is known.
    """

    def __init__(
        self,
        client: Callable[[], Client | None],
        *,
        now: Callable[[], float] = CLOCK,
        wait_s: tuple[float, float] = (2.0, 0.3),
    ) -> None:
        self._client = client
        self._now = now
        self._wait_unknown_s, self._wait_known_s = wait_s
        self._slots: OrderedDict[Hashable, _Slot] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, ask: Callable[[Client], T], *, younger_than_s: float) -> Answer[T]:
        """Return the answer to `key`, asked for anew when what is known is older. Never raises."""
        with self._lock:
            slot = self._slot(key)
            if slot.asking is None and self._is_old(slot, younger_than_s):
                slot.asking = threading.Event()
                threading.Thread(
                    target=self._look, args=(slot, slot.asking, ask), name="answers", daemon=True
                ).start()
            asking, is_known = slot.asking, slot.answer.value is not None
        if asking is not None:
            asking.wait(self._wait_known_s if is_known else self._wait_unknown_s)
        return slot.answer

    def forget(self, key: Hashable) -> None:
        """Ask anew the next time: a person has just changed it."""
        with self._lock:
            self._slots.pop(key, None)

    def _slot(self, key: Hashable) -> _Slot:
        slot = self._slots.setdefault(key, _Slot())
        self._slots.move_to_end(key)
        slot.looked_at = now = self._now()
        oldest = next(iter(self._slots))
        while len(self._slots) > KEPT or now - self._slots[oldest].looked_at > FORGOTTEN_AFTER_S:
            del self._slots[oldest]
            oldest = next(iter(self._slots))
        return slot

    def _is_old(self, slot: _Slot, younger_than_s: float) -> bool:
        keeps_s = min(younger_than_s, AGAIN_AFTER_S) if slot.answer.problem else younger_than_s
        return self._now() - slot.asked_at >= keeps_s

    def _look(self, slot: _Slot, asking: threading.Event, ask: Callable[[Client], Any]) -> None:
        client = self._client()
        if client is not None:
            slot.answer = self._ask(slot.answer, client, ask)
            slot.asked_at = self._now()
        slot.asking = None
        asking.set()

    def _ask(self, known: Answer[Any], client: Client, ask: Callable[[Client], Any]) -> Answer[Any]:
        try:
            return Answer(ask(client), self._now())
        except TagentError as error:
            problem = str(error)
        except Exception:  # noqa: BLE001 - one bad answer must not leave everybody waiting for another
            _log.exception("an answer could not be read")
            problem = "the dashboard could not read the platform's answer; its log says why"
        return Answer(known.value, known.taken_at, problem)
