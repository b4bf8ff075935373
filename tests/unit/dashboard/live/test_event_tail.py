from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import cast

import pytest

from tagent_client.client import Client
from tagent_client.errors import ApiError, StreamBrokenError, TagentError, UnreachableError
from tagent_contract.events import Event
from tagent_contract.problems import Problem
from tagent_dashboard.live import event_tail
from tagent_dashboard.live.event_tail import EventTail

Script = Event | TagentError | Exception


def event(number: int) -> Event:
    return Event(
        cursor=f"c{number}",
        sequence=number,
        service="chat",
        at="2026-01-31T09:30:00.125Z",
        type="fault.armed",
        text=str(number),
    )


@dataclass
class Stream:
    """Gives out one script a connection; when there are no more, it says so and lets nobody wait."""

    history: list[Event] = field(default_factory=list)
    scripts: list[list[Script]] = field(default_factory=list)
    asked_after: list[str | None] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)
    stop: Callable[[], None] = lambda: None

    def latest_events(self, *, limit: int) -> tuple[tuple[Event, ...], None]:
        return tuple(reversed(self.history[-limit:])), None

    def follow_events(self, *, after: str | None) -> Iterator[Event]:
        self.asked_after.append(after)
        if not self.scripts:
            self.stop()
            self.is_over.set()
            return
        for one in self.scripts.pop(0):
            if isinstance(one, Exception):
                raise one
            yield one


def followed(stream: Stream) -> tuple[EventTail, list[str]]:
    """Follow all of a stream's scripts; return the tail, and what it held each time that it woke the poller."""
    woken: list[str] = []
    client = cast("Client", stream)
    tail = EventTail(lambda: client, lambda: woken.append(texts(tail)), pause_s=0.0)
    stream.stop = tail.stop
    tail.start()
    assert stream.is_over.wait(20)
    return tail, woken


def texts(tail: EventTail) -> str:
    return " ".join(event.text for event in tail.events)


def test_it_begins_with_what_was_and_wakes_the_poller_with_each_event() -> None:
    stream = Stream([event(1), event(2)], [[event(3), event(4)]])
    tail, woken = followed(stream)
    assert woken == ["2 1", "3 2 1", "4 3 2 1"]
    assert stream.asked_after == ["c2", "c4"]
    assert tail.events is tail.events


def test_it_goes_on_where_it_broke_and_holds_nothing_twice() -> None:
    broken = UnreachableError("the connection broke")
    stream = Stream([event(1)], [[event(2), broken], [broken], [event(2), event(3)]])
    tail, _ = followed(stream)
    assert texts(tail) == "3 2 1"
    assert stream.asked_after == ["c1", "c2", "c2", "c3"]
    assert tail.problem == ""


@pytest.mark.parametrize(
    "unreadable",
    [
        ApiError(Problem(type="invalid", title="no such cursor", status=422)),
        StreamBrokenError("an event is not what this version expects"),
    ],
)
def test_it_begins_anew_where_going_on_is_hopeless(unreadable: TagentError) -> None:
    stream = Stream([event(1)], [[event(2), unreadable], []])
    stream.history = [event(7), event(8)]
    tail, _ = followed(stream)
    assert texts(tail) == "8 7"


def test_what_keeps_breaking_in_the_same_way_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    down = UnreachableError("no platform answers")
    with caplog.at_level(logging.WARNING):
        followed(Stream([event(1)], [[down]] * 50 + [[RuntimeError("odd")]] * 50))
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert "no platform answers" in said[0]
    assert all(record.exc_info is None for record in caplog.records)


def test_it_holds_no_more_than_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_tail, "KEPT", 3)
    tail, _ = followed(Stream([event(1)], [[event(number) for number in range(2, 10)]]))
    assert texts(tail) == "9 8 7"


def test_it_lets_go_of_a_client_whose_owner_signed_out() -> None:
    mine = Stream([event(1)], [[event(2), event(3)]])
    another = Stream([event(1)], [])
    current = [cast("Client", mine)]

    def sign_out() -> None:
        if tail.events[0].text == "2":
            current[0] = cast("Client", another)

    tail = EventTail(lambda: current[0], sign_out, pause_s=0.0)
    another.stop = tail.stop
    tail.start()
    assert another.is_over.wait(20)
    assert another.asked_after == ["c2"]
    assert mine.asked_after == ["c1"]


def test_while_nobody_has_signed_in_there_is_nobody_to_ask() -> None:
    asked = threading.Event()

    def nobody() -> None:
        asked.set()

    tail = EventTail(nobody, lambda: None, pause_s=0.0)
    tail.start()
    assert asked.wait(20)
    tail.stop()
    assert (tail.events, tail.problem) == ((), "")
