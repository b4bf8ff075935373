"""What Firestore's stream says becomes whole snapshots: as production sends it, which its emulator does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.cloud.firestore_v1 import types
from google.rpc import status_pb2

from tagent_platform.adapters.store.firestore.snapshots import (
    MismatchError,
    RefusedTargetError,
    Snapshot,
    Snapshots,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RECORDS, EVENTS = 2, 4
Kind = types.TargetChange.TargetChangeType


def at(micros: int) -> datetime:
    return EPOCH + timedelta(microseconds=micros)


def document(name: str, version: int, *targets: int, gone_from: tuple[int, ...] = ()) -> Any:
    change = types.DocumentChange(
        document=types.Document(name=name, update_time=at(version)),
        target_ids=list(targets or ([] if gone_from else [RECORDS])),
        removed_target_ids=list(gone_from),
    )
    return types.ListenResponse(document_change=change)._pb


def deleted(name: str) -> Any:
    gone = types.DocumentDelete(document=name, removed_target_ids=[RECORDS])
    return types.ListenResponse(document_delete=gone)._pb


def target(kind: Kind, *targets: int) -> Any:
    change = types.TargetChange(target_change_type=kind, target_ids=list(targets))
    return types.ListenResponse(target_change=change)._pb


def until(micros: int, token: bytes = b"token") -> Any:
    change = types.TargetChange(
        target_change_type=Kind.NO_CHANGE, read_time=at(micros), resume_token=token
    )
    return types.ListenResponse(target_change=change)._pb


def count(number: int) -> Any:
    return types.ListenResponse(filter=types.ExistenceFilter(target_id=RECORDS, count=number))._pb


def take(snapshots: Snapshots, *messages: Any) -> list[Snapshot]:
    return [done for message in messages if (done := snapshots.take(message)) is not None]


def names(snapshot: Snapshot) -> list[str]:
    return sorted(found.name for found in snapshot.changed[RECORDS])


def appended(snapshot: Snapshot) -> list[str]:
    return sorted(found.name for found in snapshot.appended)


def begun(*documents: str) -> Snapshots:
    """Return snapshots that have shown these documents, each at version 1."""
    snapshots = Snapshots((RECORDS,))
    snapshots.append(EVENTS)
    snapshots.begin_anew()
    take(
        snapshots,
        *(document(name, 1) for name in documents),
        target(Kind.CURRENT, RECORDS, EVENTS),
        until(10),
    )
    return snapshots


def test_nothing_is_shown_before_every_target_is_told_whole() -> None:
    snapshots = Snapshots((RECORDS,))
    snapshots.append(EVENTS)
    snapshots.begin_anew()
    first = take(snapshots, document("a", 1), target(Kind.CURRENT, RECORDS), until(5))
    assert first == []
    (shown,) = take(snapshots, document("e", 2, EVENTS), target(Kind.CURRENT, EVENTS), until(9))
    assert (names(shown), appended(shown), shown.read_micros) == (["a"], ["e"], 9)


def test_changes_count_together_when_the_stream_says_up_to_when_they_are_told() -> None:
    snapshots = begun("a")
    assert take(snapshots, document("a", 11), document("b", 11)) == []
    (shown,) = take(snapshots, until(12))
    assert (names(shown), shown.removed[RECORDS]) == (["a", "b"], [])
    (nothing,) = take(snapshots, until(13))
    assert (names(nothing), nothing.removed[RECORDS], nothing.read_micros) == ([], [], 13)


def test_what_is_deleted_is_gone_once() -> None:
    snapshots = begun("a", "b")
    (shown,) = take(snapshots, deleted("a"), deleted("never-known"), until(12))
    assert (names(shown), shown.removed[RECORDS]) == ([], ["a"])
    (shown,) = take(snapshots, document("b", 1, gone_from=(RECORDS,)), until(13))
    assert shown.removed[RECORDS] == ["b"]


def test_what_is_deleted_and_made_again_before_a_snapshot_is_a_change() -> None:
    snapshots = begun("a")
    (shown,) = take(snapshots, deleted("a"), document("a", 12), until(13))
    assert (names(shown), shown.removed[RECORDS]) == (["a"], [])


def test_a_target_told_anew_shows_what_differs_and_drops_what_is_not_told_again() -> None:
    snapshots = begun("a", "b", "c")
    shown = take(
        snapshots,
        document("c", 11),
        target(Kind.RESET, RECORDS),
        document("a", 1),
        document("b", 12),
        until(12),
        target(Kind.CURRENT, RECORDS),
        until(13),
    )
    assert [(names(one), one.removed[RECORDS]) for one in shown] == [(["b"], ["c"])]


def test_a_new_stream_goes_on_where_the_last_one_was_or_else_begins_anew() -> None:
    snapshots = begun("a", "b")
    assert snapshots.resume_token == b"token"
    snapshots.begin_anew()
    (shown,) = take(snapshots, target(Kind.CURRENT, RECORDS, EVENTS), until(20, b"later"))
    assert (names(shown), shown.removed[RECORDS]) == ([], [])
    snapshots.begin_anew(from_nothing=True)
    assert snapshots.resume_token == b""
    (shown,) = take(snapshots, document("a", 1), target(Kind.CURRENT, RECORDS, EVENTS), until(21))
    assert (names(shown), shown.removed[RECORDS]) == ([], ["b"])


def test_what_a_broken_stream_began_to_tell_is_forgotten() -> None:
    snapshots = begun("a")
    take(snapshots, document("half", 11))
    snapshots.begin_anew()
    (shown,) = take(snapshots, target(Kind.CURRENT, RECORDS, EVENTS), until(20))
    assert names(shown) == []


def test_another_count_than_what_was_told_means_to_begin_anew() -> None:
    snapshots = begun("a", "b")
    take(snapshots, document("c", 11), deleted("a"), count(2))
    with pytest.raises(MismatchError):
        take(snapshots, count(3))


def test_a_target_that_firestore_refuses_is_an_error_and_one_that_was_given_up_is_none() -> None:
    snapshots = begun("a")
    assert take(snapshots, target(Kind.REMOVE, EVENTS)) == []
    refused = types.TargetChange(
        target_change_type=Kind.REMOVE,
        target_ids=[RECORDS],
        cause=status_pb2.Status(code=7, message="Missing or insufficient permissions."),
    )
    with pytest.raises(RefusedTargetError, match="insufficient"):
        take(snapshots, types.ListenResponse(target_change=refused)._pb)


def test_events_are_not_remembered() -> None:
    snapshots = begun()
    take(snapshots, *(document(f"e{n}", n, EVENTS) for n in range(50)), until(60))
    (again,) = take(snapshots, document("e1", 1, EVENTS), until(70))
    assert appended(again) == ["e1"]
    assert set(again.removed) == {RECORDS}


def test_a_target_with_newer_bounds_takes_over_from_the_one_before_it() -> None:
    later = EVENTS + 1
    snapshots = begun()
    snapshots.append(later)
    (shown,) = take(snapshots, document("e1", 11, EVENTS), until(12))
    assert appended(shown) == ["e1"]
    assert not snapshots.is_current(later)
    (both,) = take(
        snapshots,
        document("e1", 11, later),
        document("e2", 13, EVENTS, later),
        target(Kind.CURRENT, later),
        until(14),
    )
    assert set(appended(both)) == {"e1", "e2"}
    assert snapshots.is_current(later)
    snapshots.drop(EVENTS)
    (last,) = take(
        snapshots,
        document("e0", 1, EVENTS),
        target(Kind.REMOVE, EVENTS),
        document("e3", 15, later),
        until(16),
    )
    assert appended(last) == ["e3"]
