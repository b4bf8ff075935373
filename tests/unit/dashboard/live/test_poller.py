"""The poller's own rhythm: at once when something happened, and never so often that watching is a burden."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tagent_contract.services import Halt
from tagent_dashboard.live.poller import SETTLE_S, Poller, rest_s

HANG_S = 30.0


class EmptyPlatform:
    """A client that knows of nothing, and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_asked = threading.Condition()

    def faults(self, *, active: bool = False) -> Iterator[object]:
        return iter(())

    def incidents(self, *, unresolved: bool = False) -> Iterator[object]:
        return iter(())

    def halt_state(self) -> Halt:
        return Halt(halted=False)

    def services(self) -> tuple[object, ...]:
        with self.is_asked:
            self.asked += 1
            self.is_asked.notify_all()
        return ()

    def wait_until_asked(self, times: int) -> None:
        with self.is_asked:
            assert self.is_asked.wait_for(lambda: self.asked >= times, HANG_S)


def test_something_that_happens_is_looked_at_long_before_the_next_turn() -> None:
    platform = EmptyPlatform()
    poller = Poller(lambda: platform, interval_s=10 * HANG_S)  # type: ignore[arg-type, return-value]
    poller.start()
    try:
        platform.wait_until_asked(1)
        poller.wake()
        platform.wait_until_asked(2)
    finally:
        poller.stop()


def test_what_happens_while_all_is_quiet_is_looked_at_at_once() -> None:
    assert rest_s(took_s=0.09, since_s=0.8, interval_s=1.0) == SETTLE_S


def test_however_much_happens_looking_takes_a_fifth_of_the_time() -> None:
    assert rest_s(took_s=0.09, since_s=0.1, interval_s=1.0) == pytest.approx(0.35)


def test_something_that_happens_never_makes_the_next_look_later() -> None:
    assert rest_s(took_s=2.0, since_s=2.1, interval_s=1.0) == 1.0
