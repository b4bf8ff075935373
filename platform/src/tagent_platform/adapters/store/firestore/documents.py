"""How records, events and heartbeats are laid out in Firestore, and how its times become versions. No I/O."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote, unquote

import msgspec
from google.cloud.firestore_v1 import types

from tagent_contract.events import Event
from tagent_platform.adapters.store.event_tail import number_event
from tagent_platform.core.records import RECORD_KINDS, Record
from tagent_platform.ports.store import Change, Guard, NewEvent

RECORDS, EVENTS, REPLICAS, META = (
    "tagent_records",
    "tagent_events",
    "tagent_replicas",
    "tagent_meta",
)
"""The collections. Which fields of them are indexed is in `deploy/firestore/firestore.indexes.json`."""
EVENT_KEPT_S = 30 * 86_400
REPLICA_KEPT_S = 86_400
"""After that long Firestore deletes what carries `expires_at`, by its own TTL policy."""
_CONSTANT = {"v": 1}
"""Every record's document has it: to write it again changes nothing, but checks the version."""
_log = logging.getLogger(__name__)
T = TypeVar("T")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAMES = {kind: name for name, kind in RECORD_KINDS.items()}

Fields = Mapping[str, str | int | bytes | datetime]
Found = Any
"""A document as protobuf has it, which is what the calls answer: `name`, `fields`, `update_time`."""


@dataclass(frozen=True, slots=True)
class Database:
    """Where the documents are."""

    project: str
    name: str = "(default)"

    @property
    def path(self) -> str:
        """The database's resource name."""
        return f"projects/{self.project}/databases/{self.name}"

    @property
    def root(self) -> str:
        """What the names of all documents begin with."""
        return f"{self.path}/documents"

    def document(self, collection: str, name: str) -> str:
        """Return a document's resource name."""
        return f"{self.root}/{collection}/{name}"

    def record(self, kind: type[Record], key: str) -> str:
        """Return the name of a record's document."""
        return self.document(RECORDS, f"{_NAMES[kind]}:{quote(key, safe='')}")

    def event(self, service: str, sequence: int) -> str:
        """Return the name of an event's document: that it is there means that the number is taken."""
        return self.document(EVENTS, f"{quote(service, safe='') or '-'}:{sequence:012d}")

    def replica(self, replica: str, shard: int) -> str:
        """Return the name of one of a replica's heartbeats."""
        return self.document(REPLICAS, f"{quote(replica, safe='')}:{shard}")


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where an event stands among all: by its commit's time in microseconds, the commit, and the place within."""

    micros: int
    commit: str
    index: int

    def cursor(self, epoch: str) -> str:
        """Return the opaque cursor of the event."""
        return f"{epoch}.{self.micros}-{self.commit}-{self.index}"


# --- what is written ---


def write_of_change(database: Database, change: Change | Guard, commit: str) -> types.Write:
    """Return the write that makes the change, or checks the guard, on the condition that the version still holds.

    `commit` is new in each commit, since Firestore gives no new time to what it finds unchanged.
    """
    name = database.record(change.kind, change.key)
    if change.expected:
        condition = types.Precondition(update_time=moment_of(change.expected))
    else:
        condition = types.Precondition(exists=False)
    if isinstance(change, Guard) and change.expected:
        return types.Write(
            update=types.Document(name=name, fields=_values(_CONSTANT)),
            update_mask=types.DocumentMask(field_paths=list(_CONSTANT)),
            current_document=condition,
        )
    if isinstance(change, Guard) or change.record is None:
        return types.Write(delete=name, current_document=condition)
    fields: Fields = {
        **_CONSTANT,
        "kind": _NAMES[change.kind],
        "key": change.key,
        "body": msgspec.json.encode(change.record).decode(),
        "commit": commit,
    }
    return types.Write(
        update=types.Document(name=name, fields=_values(fields)), current_document=condition
    )


def write_of_event(
    database: Database, new: NewEvent, sequence: int, commit: str, index: int
) -> types.Write:
    """Return the write that makes an event under a number that nobody took yet."""
    body = msgspec.json.encode(number_event(new, "", 0, sequence)).decode()
    fields: Fields = {
        "service": new.service,
        "sequence": sequence,
        "body": body,
        "commit": commit,
        "index": index,
        "expires_at": _EPOCH + timedelta(seconds=new.at + EVENT_KEPT_S),
    }
    at_commit = types.DocumentTransform.FieldTransform(
        field_path="written_at",
        set_to_server_value=types.DocumentTransform.FieldTransform.ServerValue.REQUEST_TIME,
    )
    return types.Write(
        update=types.Document(name=database.event(new.service, sequence), fields=_values(fields)),
        update_transforms=[at_commit],
        current_document=types.Precondition(exists=False),
    )


def write_of_heartbeat(
    database: Database, replica: str, shard: int, body: bytes, now: float
) -> types.Write:
    """Return the write that replaces one of a replica's heartbeats; `now` is in seconds since the epoch."""
    fields: Fields = {
        "replica": replica,
        "shard": shard,
        "body": body,
        "expires_at": _EPOCH + timedelta(seconds=now + REPLICA_KEPT_S),
    }
    name = database.replica(replica, shard)
    return types.Write(update=types.Document(name=name, fields=_values(fields)))


def write_of_meta(database: Database, name: str, text: str) -> types.Write:
    """Return the write that makes a document of the store's own, if there is none yet."""
    document = types.Document(name=database.document(META, name), fields=_values({"text": text}))
    return types.Write(update=document, current_document=types.Precondition(exists=False))


# --- what is read ---


@dataclass(frozen=True, slots=True)
class FoundRecord:
    """A record as its document says it."""

    kind: type[Record]
    key: str
    record: Record
    version: int


def read_record(document: Found) -> FoundRecord:
    """Return what `write_of_change` wrote. Raises KeyError or msgspec.DecodeError for what it did not."""
    fields = document.fields
    kind = RECORD_KINDS[text_in(document, "kind")]
    record = msgspec.json.decode(text_in(document, "body"), type=kind)
    return FoundRecord(kind, fields["key"].string_value, record, version_of(document))


def read_event(document: Found, epoch: str) -> tuple[Place, Event]:
    """Return what `write_of_event` wrote, with the cursor that its commit's time gives it."""
    fields = document.fields
    place = Place(
        version_of(document), text_in(document, "commit"), int(fields["index"].integer_value)
    )
    event = msgspec.json.decode(text_in(document, "body"), type=Event)
    return place, msgspec.structs.replace(event, cursor=place.cursor(epoch))


def readable(read: Callable[[Found], T], documents: Iterable[Found]) -> Iterator[T]:
    """Give what can be read of documents, and log what cannot: another version of Tagent may write there too."""
    for document in documents:
        try:
            yield read(document)
        except (KeyError, ValueError, msgspec.DecodeError) as error:
            _log.error("%s cannot be read, and is passed over: %s", document.name, error)


def text_in(document: Found, field: str) -> str:
    """Return a text field. Raises KeyError when there is none."""
    if field not in document.fields:
        raise KeyError(f"{document.name} has no {field}")
    return str(document.fields[field].string_value)


def version_of(document: Found) -> int:
    """Return the microsecond of the commit that wrote the document."""
    return micros_of_stamp(document.update_time)


def record_address(name: str) -> tuple[type[Record], str] | None:
    """Return the kind and key that a record's document name stands for; None when it is none of ours."""
    kind, _, key = name.rpartition("/")[2].partition(":")
    return (RECORD_KINDS[kind], unquote(key)) if kind in RECORD_KINDS else None


# --- times and values ---


def micros_of_stamp(stamp: Any) -> int:
    """Return a protobuf time stamp as microseconds since 1970, which is how exact Firestore's are."""
    return int(stamp.seconds) * 1_000_000 + int(stamp.nanos) // 1000


def moment_of(micros: int) -> datetime:
    """Return the time of a version."""
    return _EPOCH + timedelta(microseconds=micros)


def _values(fields: Fields) -> dict[str, types.Value]:
    return {name: _value(value) for name, value in fields.items()}


def _value(value: str | int | bytes | datetime) -> types.Value:
    if isinstance(value, str):
        return types.Value(string_value=value)
    if isinstance(value, bytes):
        return types.Value(bytes_value=value)
    if isinstance(value, datetime):
        return types.Value(timestamp_value=value)
    return types.Value(integer_value=value)
