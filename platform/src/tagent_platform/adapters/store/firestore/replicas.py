"""The replicas port over Firestore: each process replaces its own heartbeat, in as many documents as it takes."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import msgspec

from tagent_platform.adapters.store.firestore.documents import (
    Found,
    readable,
    text_in,
    version_of,
)
from tagent_platform.adapters.store.firestore.feed import Feed
from tagent_platform.adapters.store.firestore.queries import Target
from tagent_platform.adapters.store.firestore.snapshots import Snapshot
from tagent_platform.ports.clock import Clock
from tagent_platform.ports.replicas import Hearsay, Heartbeat

SHARD_BYTES_MAX = 900_000
"""Before compression; a document is at most 1 MiB."""

_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(list[Hearsay])


class FirestoreReplicas:
    """Keeps the replicas port. `me` is the feed's."""

    def __init__(self, feed: Feed, clock: Clock) -> None:
        self._feed = feed
        self._clock = clock
        self._documents: dict[str, tuple[str, int, list[Hearsay]]] = {}
        """By name: whose it is, its version, and what it says."""
        self._others: dict[str, Heartbeat] = {}
        feed.subscribe(self._take)

    @property
    def me(self) -> str:
        return self._feed.replica

    async def beat(self, hearsay: Sequence[Hearsay]) -> None:
        await self._feed.beat(pack(hearsay))

    def others(self) -> Sequence[Heartbeat]:
        return tuple(self._others.values())

    async def leave(self) -> None:
        await self._feed.say_goodbye()

    def _take(self, snapshot: Snapshot) -> None:
        changed = set(readable(self._note, snapshot.changed[Target.REPLICAS]))
        for name in snapshot.removed[Target.REPLICAS]:
            changed.add(self._documents.pop(name, ("", 0, []))[0])
        for replica in changed - {"", self.me}:
            self._put_together(replica, snapshot.read_micros)

    def _note(self, document: Found) -> str:
        replica = text_in(document, "replica")
        said = [] if replica == self.me else unpack(document)
        self._documents[document.name] = (replica, version_of(document), said)
        return replica

    def _put_together(self, replica: str, read_micros: int) -> None:
        shards = [shard for shard in self._documents.values() if shard[0] == replica]
        if not shards:
            self._others.pop(replica, None)
            return
        now = self._clock.monotonic()
        age_s = max(0.0, (read_micros - max(version for _, version, _ in shards)) / 1e6)
        hearsay = [each for _, _, said in shards for each in said]
        self._others[replica] = Heartbeat(replica, now - age_s, now, hearsay)


def pack(hearsay: Sequence[Hearsay]) -> list[bytes]:
    """Return the bodies of as many documents as it takes, at least one."""
    shards: list[list[Hearsay]] = [[]]
    size = 0
    for each in hearsay:
        length = len(_ENCODER.encode(each))
        if size + length > SHARD_BYTES_MAX and shards[-1]:
            shards.append([])
            size = 0
        shards[-1].append(each)
        size += length
    return [zlib.compress(_ENCODER.encode(shard), 1) for shard in shards]


def unpack(document: Found) -> list[Hearsay]:
    """Return what one document says. Raises ValueError for what `pack` did not make."""
    body: bytes = document.fields["body"].bytes_value
    try:
        return _DECODER.decode(zlib.decompress(body)) if body else []
    except zlib.error as error:
        raise ValueError(str(error)) from error
