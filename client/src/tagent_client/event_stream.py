"""Server-sent events: parsing, and going on after a broken connection."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator

import httpx
import msgspec

from tagent_client.answers import read_answer
from tagent_client.errors import StreamBrokenError, UnreachableError
from tagent_client.transport import Transport
from tagent_contract.events import Event

RECONNECT_S = 1.0


def follow_events(
    transport: Transport,
    path: str,
    after: str | None,
    *,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Event]:
    """Yield events after the cursor as they come. A broken connection is opened again where it broke; the first failing raises."""
    ever_connected = False
    while True:
        headers = {"accept": "text/event-stream"}
        if after is not None:
            headers["last-event-id"] = after
        try:
            with transport.stream(path, headers) as response:
                ever_connected = True
                for event in parse_events(_lines(response)):
                    after = event.cursor
                    yield event
        except UnreachableError:
            if not ever_connected:
                raise
        sleep(RECONNECT_S)


def _event(data: str) -> Event:
    try:
        return read_answer(data, Event)
    except msgspec.DecodeError as error:
        raise StreamBrokenError(
            f"an event is not what this version expects ({error}); check both versions"
        ) from error


def _lines(response: httpx.Response) -> Iterator[str]:
    yield from response.iter_lines()


def parse_events(lines: Iterable[str]) -> Iterator[Event]:
    """Yield the events of a stream; comments (the heartbeat) and an unfinished last event are left out."""
    data: list[str] = []
    for line in lines:
        if line.startswith("data:"):
            data.append(line[5:].removeprefix(" "))
        elif not line and data:
            yield _event("\n".join(data))
            data = []
