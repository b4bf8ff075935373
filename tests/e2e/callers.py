"""Steady callers of a service, and what they saw: the proof that a fault was real and that requests flowed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import httpx


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as its caller saw it: a status, or the name of what went wrong."""

    at: float
    result: int | str
    took_s: float


@dataclass
class Callers:
    """What all callers saw, in the order in which requests ended."""

    seen: list[Seen] = field(default_factory=list)

    def since(self, at: float) -> list[Seen]:
        return [one for one in self.seen if one.at >= at]

    def failed(self) -> list[Seen]:
        return [one for one in self.seen if one.result != 200]

    def longest_gap_s(self) -> float:
        """Return the longest time without a good answer between two good answers."""
        good = [one.at for one in self.seen if one.result == 200]
        return max((later - earlier for earlier, later in pairwise(good)), default=0.0)


@contextmanager
def calling(url: str, *, per_s: float = 10, timeout_s: float = 5.0) -> Iterator[Callers]:
    """Call `url` steadily, each request on its own connection, until the block ends."""
    # `verify=False` only spares loading certificates, which would be most of the time that a request takes.
    callers = Callers()
    ended = threading.Event()

    def call() -> None:
        while not ended.wait(1 / per_s):
            started = time.monotonic()
            try:
                result: int | str = httpx.get(url, timeout=timeout_s, verify=False).status_code
            except httpx.HTTPError as error:
                result = type(error).__name__
            callers.seen.append(Seen(time.monotonic(), result, time.monotonic() - started))

    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    try:
        yield callers
    finally:
        ended.set()
        thread.join(timeout_s + 5)
