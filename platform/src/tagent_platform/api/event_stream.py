"""One caller's stream of server-sent events."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import ExitStack
from typing import Self

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from tagent_contract import wire
from tagent_contract.events import Event
from tagent_platform.api.context import Context
from tagent_platform.ports.store import EventQuery
from tagent_platform.usecases.list_events import list_events

READ_AT_ONCE = 500
HEARTBEAT = b": still here\n\n"


class EventStream(StreamingResponse):
    """Sends what is after the cursor, then what happens, with comments while nothing does. Ends when the platform stops.

    It reads on only when the caller took what was sent before, so a slow one holds back no more than one page and one socket buffer;
    the connection's guard cuts the one that takes nothing.
    """

    def __init__(self, context: Context, after: str | None, slot: ExitStack) -> None:
        super().__init__(
            self._messages(),
            media_type="text/event-stream",
            headers={"cache-control": "no-store", "x-accel-buffering": "no"},
        )
        self._context = context
        self._after = after
        self._slot = slot

    @classmethod
    async def opened(cls, context: Context, after: str | None) -> Self:
        """Return a stream once there is room for it and its cursor is known to be good."""
        with ExitStack() as slot:
            slot.enter_context(context.streams.take())
            if after is None:
                after = await _newest_cursor(context)
            else:
                await list_events(context.platform, EventQuery(after=after, limit=1))
            return cls(context, after, slot.pop_all())

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._slot:
            await super().__call__(scope, receive, send)

    async def _messages(self) -> AsyncIterator[bytes]:
        store = self._context.platform.store
        commit = -1
        yield HEARTBEAT
        while not self._context.stopping.is_set:
            newer = await self._context.stopping.wait_for(
                store.changed(commit), self._context.limits.heartbeat_interval_s
            )
            if newer is None:
                yield HEARTBEAT
                continue
            commit = newer
            while events := await self._next():
                yield b"".join(map(_message, events))

    async def _next(self) -> Sequence[Event]:
        query = EventQuery(after=self._after, limit=READ_AT_ONCE)
        found = await list_events(self._context.platform, query)
        if found.items:
            self._after = found.items[-1].cursor
        return found.items


def _message(event: Event) -> bytes:
    return (
        f"id: {event.cursor}\nevent: {event.type}\ndata: ".encode() + wire.encode(event) + b"\n\n"
    )


async def _newest_cursor(context: Context) -> str | None:
    found = await list_events(context.platform, EventQuery(newest_first=True, limit=1))
    return found.items[0].cursor if found.items else None
