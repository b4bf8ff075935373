"""Answers of the platform that a page needs beside the snapshot, asked for once however many look."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from tagent_client.client import Client
from tagent_client.errors import TagentError
from tagent_dashboard.live.poller import CLOCK

T = TypeVar("T")
KEPT = 500
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
    lock: threading.Lock = field(default_factory=threading.Lock)
    answer: Answer[Any] = field(default_factory=Answer)
    asked_at: float = float("-inf")


class AnswerCache:
    """Keeps the latest answer to each question; many threads may ask."""

    def __init__(
        self, client: Callable[[], Client | None], *, now: Callable[[], float] = CLOCK
    ) -> None:
        self._client = client
        self._now = now
        self._slots: OrderedDict[Hashable, _Slot] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, ask: Callable[[Client], T], *, younger_than_s: float) -> Answer[T]:
        """Return the answer to `key`, asked for anew when what is known is older. Never raises."""
        slot = self._slot(key)
        with slot.lock:
            keeps_s = min(younger_than_s, AGAIN_AFTER_S) if slot.answer.problem else younger_than_s
            if self._now() - slot.asked_at >= keeps_s:
                slot.answer = self._ask(slot.answer, ask)
                slot.asked_at = self._now()
            return slot.answer

    def forget(self, key: Hashable) -> None:
        """Ask anew the next time: a person has just changed it."""
        with self._lock:
            self._slots.pop(key, None)

    def _slot(self, key: Hashable) -> _Slot:
        with self._lock:
            slot = self._slots.setdefault(key, _Slot())
            self._slots.move_to_end(key)
            if len(self._slots) > KEPT:
                self._slots.popitem(last=False)
            return slot

    def _ask(self, known: Answer[T], ask: Callable[[Client], T]) -> Answer[T]:
        client = self._client()
        if client is None:
            return known
        try:
            return Answer(ask(client), self._now())
        except TagentError as error:
            return Answer(known.value, known.taken_at, str(error))
