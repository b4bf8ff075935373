"""What changes in Firestore, as it happens: the one stream of a platform process, kept open and proven fresh.

The client library has a Watch of its own; it sorts everything it knows with each change, 128 ms for 4 000 documents, and stops for good on what
it did not expect. So the stream is read here (`docs/decisions/0010`).
"""

from __future__ import annotations

import asyncio
import logging
import math
import random
from collections.abc import AsyncIterator, Callable, Sequence

from google.cloud.firestore_v1 import types

from tagent_platform.adapters.store.firestore.calls import Calls, why
from tagent_platform.adapters.store.firestore.documents import (
    version_of,
    write_of_heartbeat,
)
from tagent_platform.adapters.store.firestore.queries import Target, query_of
from tagent_platform.adapters.store.firestore.snapshots import (
    MismatchError,
    RefusedTargetError,
    Snapshot,
    Snapshots,
)
from tagent_platform.ports.clock import Clock
from tagent_platform.ports.store import StoreUnavailableError

SHOWN_WITHIN_S = 5.0
"""What was written and is not shown by then makes the store count as away."""
PROVEN_FOR_S = 1.0
SHARDS_A_COMMIT = 10
"""Each is at most 600 KB, and Firestore takes 10 MiB at once."""
RETRY_FIRST_S = 0.1
RETRY_MAX_S = 2.0
EVENTS_FOLLOWED_MAX = 300
"""When more events than these came, the stream is asked for newer ones only: Firestore keeps an eye on each that it told."""
EVENTS_OVERLAP_S = 15.0
"""An event's `written_at` may be earlier than its commit by the time that a commit takes."""

_log = logging.getLogger(__name__)


Take = Callable[[Snapshot], None]


class Feed:
    """Calls `take` with each snapshot, in the event loop, and lets others wait for what a snapshot shows."""

    def __init__(
        self,
        calls: Calls,
        replica: str,
        clock: Clock,
        *,
        shown_within_s: float = SHOWN_WITHIN_S,
        rng: random.Random | None = None,
    ) -> None:
        self._calls = calls
        self.replica = replica
        self._clock = clock
        self._shown_within_s = shown_within_s
        self._rng = rng or random.SystemRandom()
        self._told: Sequence[bytes] = (b"",)
        """The last heartbeat, one body a shard."""
        self._proven_monotonic = -math.inf
        self._shown_beat = -1
        """The version of this replica's own heartbeat as the stream showed it last."""
        self._takes: list[Take] = []
        self._snapshots = Snapshots((Target.RECORDS, Target.REPLICAS))
        self._events_from = 0
        self._events_told = 0
        self._events: list[int] = []
        """The numbers of the events' targets: one, and for a moment its successor."""
        self._asked: asyncio.Queue[types.ListenRequest] = asyncio.Queue()
        self._moved: set[asyncio.Future[None]] = set()
        self._task: asyncio.Task[None] | None = None
        self._over = asyncio.Event()
        """The stream has to be opened again."""
        self._heard_at = 0.0
        """When the stream last told something, by the event loop's clock."""
        self.read_micros = -1
        """Up to when everything is shown."""

    def subscribe(self, take: Take) -> None:
        """Call `take` with each snapshot from the first one on; it must not wait."""
        self._takes.append(take)

    def open(self, events_from_micros: int) -> None:
        """Begin, with the events written from then on."""
        self._events_from = events_from_micros
        self._task = asyncio.get_running_loop().create_task(self._run(), name="firestore feed")

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def until(self, shown: Callable[[], bool]) -> None:
        """Return once a snapshot has made `shown` true. Raises StoreUnavailableError when none did in time."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._shown_within_s
        while not shown():
            left_s = deadline - loop.time()
            if left_s <= 0:
                self._over.set()
                raise StoreUnavailableError(
                    f"Firestore did not show what was written within {self._shown_within_s:g} s"
                )
            await self._next_snapshot(left_s)

    async def caught_up(self, micros: int, silent_max_s: float) -> None:
        """Return once everything up to then is shown, however long it takes to tell. Raises StoreUnavailableError when nothing is told for so long.

        A stream that says nothing meanwhile is opened again.
        """
        loop = asyncio.get_running_loop()
        self._heard_at = asked_at = loop.time()
        while self.read_micros < micros:
            now = loop.time()
            silent_left_s = silent_max_s - (now - self._heard_at)
            if silent_left_s <= 0:
                raise StoreUnavailableError(f"Firestore said nothing for {silent_max_s:g} s")
            left_s = self._shown_within_s - (now - max(self._heard_at, asked_at))
            if left_s <= 0:
                asked_at = now
                self._over.set()
            else:
                await self._next_snapshot(min(left_s, silent_left_s))

    async def _next_snapshot(self, within_s: float) -> None:
        moved: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._moved.add(moved)
        try:
            await asyncio.wait([moved], timeout=within_s)
        finally:
            self._moved.discard(moved)

    # --- the heartbeat ---

    async def beat(self, bodies: Sequence[bytes]) -> None:
        """Replace this replica's heartbeat, and return when the stream shows it: so it shows all that was written before.

        Raises StoreUnavailableError.
        """
        began, now, database = self._clock.monotonic(), self._clock.now(), self._calls.database
        writes = [
            write_of_heartbeat(database, self.replica, shard, body, now)
            for shard, body in enumerate(bodies)
        ]
        writes += [
            types.Write(delete=database.replica(self.replica, shard))
            for shard in range(len(bodies), len(self._told))
        ]
        self._told = bodies
        written = [
            await self._calls.commit(writes[first : first + SHARDS_A_COMMIT])
            for first in range(0, len(writes), SHARDS_A_COMMIT)
        ]
        await self.until(lambda: self._shown_beat >= max(written))
        self._proven_monotonic = began

    async def prove(self) -> None:
        """Beat once more, unless a heartbeat has just been shown. Raises StoreUnavailableError."""
        if self._clock.monotonic() - self._proven_monotonic > PROVEN_FOR_S:
            await self.beat(self._told)

    async def say_goodbye(self) -> None:
        """Take this replica's heartbeat away. Raises StoreUnavailableError."""
        database = self._calls.database
        shards = range(len(self._told))
        await self._calls.commit(
            [types.Write(delete=database.replica(self.replica, shard)) for shard in shards]
        )

    # --- the stream ---

    async def _run(self) -> None:
        wait_s = RETRY_FIRST_S
        while True:
            before = self.read_micros
            try:
                await self._follow()
                problem = "it was ended"
            except asyncio.CancelledError:
                raise
            except Exception as error:  # noqa: BLE001  # whatever it is, the stream is opened again and people are told
                problem = self._note(error)
            wait_s = RETRY_FIRST_S if self.read_micros > before else min(wait_s * 2, RETRY_MAX_S)
            _log.warning("the stream of changes from Firestore is opened again: %s", problem)
            await asyncio.sleep(wait_s * self._rng.uniform(0.5, 1.0))

    def _note(self, error: Exception) -> str:
        """Prepare for going on after an error, and say in a sentence what it was."""
        if isinstance(error, RefusedTargetError | MismatchError):
            # What was told cannot be gone on from, such as a token that is too old.
            self._snapshots.resume_token = b""
        elif not hasattr(error, "grpc_status_code"):
            _log.exception("a snapshot from Firestore could not be taken in")
            self._snapshots.resume_token = b""
        return why(error)

    async def _follow(self) -> None:
        self._snapshots.begin_anew()
        for number in self._events[1:]:
            self._snapshots.drop(number)
        self._events = self._events[:1] or [Target.EVENTS.value]
        self._snapshots.append(self._events[0])
        self._asked = asyncio.Queue()
        token = self._snapshots.resume_token
        for target in (Target.RECORDS, Target.REPLICAS):
            self._asked.put_nowait(self._request(target, target.value, token))
        self._asked.put_nowait(self._request(Target.EVENTS, self._events[0], token))
        self._over.clear()
        reading = asyncio.ensure_future(self._read())
        over = asyncio.ensure_future(self._over.wait())
        try:
            await asyncio.wait({reading, over}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in (reading, over):
                if not each.done():
                    each.cancel()
            outcome, _ = await asyncio.gather(reading, over, return_exceptions=True)
        if isinstance(outcome, Exception):
            raise outcome

    async def _read(self) -> None:
        async for message in await self._calls.listen(self._requests()):
            if message is None:
                return
            told = message._pb  # noqa: SLF001  # the public accessor copies
            if told.WhichOneof("response_type") != "target_change" or told.target_change.target_ids:
                # The rest says only that the stream lives.
                self._heard_at = asyncio.get_running_loop().time()
            snapshot = self._snapshots.take(told)
            if snapshot is not None:
                self._take(snapshot)

    def _take(self, snapshot: Snapshot) -> None:
        # The events that are new are counted where they are known.
        for target in (Target.RECORDS, Target.REPLICAS):
            self._calls.operations.reads += len(snapshot.changed[target])
        for take in self._takes:
            take(snapshot)
        own = self._calls.database.replica(self.replica, 0).rpartition(":")[0]
        for document in snapshot.changed[Target.REPLICAS]:
            if document.name.rpartition(":")[0] == own:
                self._shown_beat = max(self._shown_beat, version_of(document))
        shown, self.read_micros = self.read_micros, snapshot.read_micros
        moved, self._moved = self._moved, set()
        for each in moved:
            if not each.done():
                each.set_result(None)
        self._give_up_older_events()
        self._events_told += sum(version_of(each) > shown for each in snapshot.appended)
        if self._events_told > EVENTS_FOLLOWED_MAX and len(self._events) == 1:
            self._follow_newer_events()

    def _follow_newer_events(self) -> None:
        """Ask for the events from a while ago on, and give up the older ones once those are told."""
        self._events_told = 0
        self._events_from = self.read_micros - int(EVENTS_OVERLAP_S * 1e6)
        self._events.append(self._events[-1] + 1)
        self._snapshots.append(self._events[-1])
        self._asked.put_nowait(self._request(Target.EVENTS, self._events[-1], b""))

    def _give_up_older_events(self) -> None:
        while len(self._events) > 1 and self._snapshots.is_current(self._events[1]):
            older = self._events.pop(0)
            self._snapshots.drop(older)
            self._asked.put_nowait(
                types.ListenRequest(database=self._calls.database.path, remove_target=older)
            )

    async def _requests(self) -> AsyncIterator[types.ListenRequest]:
        asked = self._asked
        while True:
            yield await asked.get()

    def _request(self, target: Target, number: int, resume_token: bytes) -> types.ListenRequest:
        query = types.Target.QueryTarget(
            parent=self._calls.database.root,
            structured_query=query_of(target, self._events_from),
        )
        followed = types.Target(query=query, target_id=number, resume_token=resume_token)
        return types.ListenRequest(database=self._calls.database.path, add_target=followed)
