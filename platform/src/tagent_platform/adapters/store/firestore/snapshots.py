"""What Firestore's Listen stream says, put together into snapshots: what changed up to a moment, whole. No I/O.

The stream follows several collections at once, each a target with a number. Documents that changed come one by one; a message without a target
then says up to when all of them are told, and only then they count together. A target may be told anew from its beginning (`RESET`): what is not
told again is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from google.cloud.firestore_v1 import types

from tagent_platform.adapters.store.firestore.documents import (
    Found,
    micros_of_stamp,
    version_of,
)

_Kind = types.TargetChange.TargetChangeType


class RefusedTargetError(Exception):
    """Firestore does not follow what was asked for; `code` is gRPC's."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code


class MismatchError(Exception):
    """Firestore counts other documents than were told: the stream has to begin anew."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything that changed since the last one, up to `read_micros`."""

    read_micros: int
    changed: Mapping[int, Sequence[Found]]
    """By target."""
    removed: Mapping[int, Sequence[str]]
    """By target: the documents' names."""
    appended: Sequence[Found] = ()
    """Of the targets in which nothing changes and nothing is removed; the same may come twice."""


@dataclass(slots=True)
class _Target:
    is_appended: bool = False
    """Its documents need not be remembered to tell those that are gone: none ever is."""
    is_current: bool = False
    known: dict[str, int] = field(default_factory=dict)
    """Name → version, as of the last snapshot."""
    told: dict[str, Found | None] = field(default_factory=dict)
    """Since the last snapshot; None: removed."""
    anew: set[str] | None = None
    """What was told since a reset."""


class Snapshots:
    """Takes the stream's messages one after the other."""

    def __init__(self, targets: Iterable[int]) -> None:
        self._targets = {number: _Target() for number in targets}
        self.resume_token = b""
        """Where a new stream can go on. Empty: from the beginning."""

    def append(self, number: int) -> None:
        """Take from now on a target too to which documents are only ever added."""
        self._targets[number] = _Target(is_appended=True)

    def is_current(self, number: int) -> bool:
        """Tell whether a target was told whole."""
        return self._targets[number].is_current

    def drop(self, number: int) -> None:
        """Take a target no longer; what is still on its way of it is passed over."""
        del self._targets[number]

    def begin_anew(self, *, from_nothing: bool = False) -> None:
        """Prepare for a new stream. `from_nothing`: the resume token is of no use, and everything is told again."""
        if from_nothing:
            self.resume_token = b""
        for target in self._targets.values():
            target.is_current = False
            target.told.clear()
            target.anew = None if self.resume_token else set()

    def take(self, message: Any) -> Snapshot | None:
        """Take a message; return the snapshot that it completes. Raises RefusedTargetError, MismatchError."""
        which = message.WhichOneof("response_type")
        if which == "target_change":
            return self._take_target_change(message.target_change)
        if which == "document_change":
            self._take_document(message.document_change)
        elif which in ("document_delete", "document_remove"):
            self._take_removal(getattr(message, which))
        elif which == "filter":
            self._take_count(message.filter)
        return None

    def _take_target_change(self, change: Any) -> Snapshot | None:
        kind = change.target_change_type
        numbers = change.target_ids or self._targets
        targets = list(self._those(numbers))
        if kind == _Kind.REMOVE and change.HasField("cause"):
            raise RefusedTargetError(change.cause.code, change.cause.message)
        if kind == _Kind.RESET:
            for target in targets:
                target.is_current, target.anew = False, set()
                target.told.clear()
        elif kind == _Kind.CURRENT:
            for target in targets:
                target.is_current = True
        elif kind == _Kind.NO_CHANGE and not change.target_ids and change.HasField("read_time"):
            return self._completed(change)
        return None

    def _take_document(self, change: Any) -> None:
        document = change.document
        for target in self._those(change.target_ids):
            target.told[document.name] = document
            if target.anew is not None:
                target.anew.add(document.name)
        for target in self._those(change.removed_target_ids):
            target.told[document.name] = None

    def _take_removal(self, removal: Any) -> None:
        for target in self._those(removal.removed_target_ids):
            target.told[removal.document] = None

    def _those(self, numbers: Iterable[int]) -> Iterator[_Target]:
        return (self._targets[number] for number in numbers if number in self._targets)

    def _take_count(self, count: Any) -> None:
        target = self._targets.get(count.target_id)
        if target is None or target.is_appended:
            return
        if count.count != len(_names_after(target)):
            raise MismatchError(f"{count.count} documents, {len(_names_after(target))} were told")

    def _completed(self, change: Any) -> Snapshot | None:
        # One that is only appended to may still be told while an older one of its kind is followed.
        if not all(t.is_current for t in self._targets.values() if not t.is_appended):
            return None
        appended = [t for t in self._targets.values() if t.is_appended]
        if appended and not any(target.is_current for target in appended):
            return None
        self.resume_token = change.resume_token or self.resume_token
        found, gone = {}, {}
        for number, target in self._targets.items():
            if not target.is_appended:
                found[number], gone[number] = _settle(target)
        new = [one for target in appended for one in _told(target)]
        return Snapshot(micros_of_stamp(change.read_time), found, gone, new)


def _names_after(target: _Target) -> set[str]:
    names = set(target.known) if target.anew is None else set(target.anew)
    for name, document in target.told.items():
        if document is None:
            names.discard(name)
        else:
            names.add(name)
    return names


def _told(target: _Target) -> list[Found]:
    told, target.told, target.anew = target.told, {}, None
    return [document for document in told.values() if document is not None]


def _settle(target: _Target) -> tuple[list[Found], list[str]]:
    """Return what changed and what is gone, and take it for known."""
    told, anew = target.told, target.anew
    target.told, target.anew = {}, None
    gone = {name for name, document in told.items() if document is None}
    if anew is not None:
        gone |= set(target.known) - anew
    changed = []
    for name, document in told.items():
        if document is not None and target.known.get(name) != version_of(document):
            target.known[name] = version_of(document)
            changed.append(document)
    removed = [name for name in gone if target.known.pop(name, None) is not None]
    return changed, removed
