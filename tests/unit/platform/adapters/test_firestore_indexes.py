"""Every query is covered by an index that Firestore will have, and nothing large or ever-growing is indexed for nothing.

The emulator refuses no query for want of an index; Firestore does.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.cloud.firestore_v1 import types

from tagent_contract.events import EventType
from tagent_platform.adapters.store.firestore.documents import (
    EVENTS,
    RECORDS,
    REPLICAS,
    Database,
    write_of_change,
    write_of_event,
    write_of_heartbeat,
)
from tagent_platform.adapters.store.firestore.queries import QUERIES
from tagent_platform.core.records import ServiceRecord
from tagent_platform.ports.store import Change, NewEvent

DEFINED = json.loads(
    (Path(__file__).resolve().parents[4] / "deploy/firestore/firestore.indexes.json").read_text()
)
DATABASE = Database("p")
FEW_VALUES = {"v", "kind", "key", "service", "index", "replica", "shard"}
"""Small, and neither growing nor all different: their automatic indexes cost nothing worth a rule."""
DIRECTIONS = {1: "ASCENDING", 2: "DESCENDING"}
EQUAL = types.StructuredQuery.FieldFilter.Operator.EQUAL


def override(collection: str, field: str) -> dict[str, Any] | None:
    return next(
        (
            each
            for each in DEFINED["fieldOverrides"]
            if (each["collectionGroup"], each["fieldPath"]) == (collection, field)
        ),
        None,
    )


def is_indexed_alone(collection: str, field: str, direction: str) -> bool:
    """Firestore indexes each field both ways by itself, unless it is told not to."""
    told = override(collection, field)
    return told is None or {"order": direction, "queryScope": "COLLECTION"} in told["indexes"]


def has_composite(collection: str, fields: list[tuple[str, str]]) -> bool:
    return any(
        index["collectionGroup"] == collection
        and index["queryScope"] == "COLLECTION"
        and [(each["fieldPath"], each["order"]) for each in index["fields"]] == fields
        for index in DEFINED["indexes"]
    )


def wanted_by(query: types.StructuredQuery) -> tuple[str, list[tuple[str, str]]]:
    """Return the collection, and the fields with directions in the order that the index needs: equalities, then what is ordered or compared."""
    fields: list[tuple[str, str]] = []
    filtered = query.where.field_filter
    ordered = [(each.field.field_path, DIRECTIONS[each.direction]) for each in query.order_by]
    if filtered.field.field_path:
        field = filtered.field.field_path
        if filtered.op == EQUAL or field not in [name for name, _ in ordered]:
            fields.append((field, "ASCENDING"))
    return query.from_[0].collection_id, [*fields, *ordered]


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: str(wanted_by(query)))
def test_every_query_has_its_index(query: types.StructuredQuery) -> None:
    collection, fields = wanted_by(query)
    match fields:
        case []:
            return
        case [(field, direction)]:
            assert is_indexed_alone(collection, field, direction)
        case _:
            assert has_composite(collection, fields), f"no composite index of {collection} {fields}"


def written_fields() -> Iterator[tuple[str, str]]:
    new = NewEvent("chat", 0.0, EventType.HEALTH_CHANGED, "text")
    change = Change(ServiceRecord, "chat", ServiceRecord(name="chat"), 0)
    for collection, write in (
        (RECORDS, write_of_change(DATABASE, change, "c")),
        (EVENTS, write_of_event(DATABASE, new, 1, "c", 0)),
        (REPLICAS, write_of_heartbeat(DATABASE, "a", 0, b"", 0.0)),
    ):
        assert write.update.name.split("/")[-2] == collection
        for field in write.update.fields:
            yield collection, field
        for transform in write.update_transforms:
            yield collection, transform.field_path


def test_what_is_large_or_grows_with_time_is_indexed_only_where_it_is_asked_for() -> None:
    asked = {
        (collection, fields[0][0])
        for collection, fields in map(wanted_by, QUERIES)
        if len(fields) == 1
    }
    for collection, field in written_fields():
        if field in FEW_VALUES or (collection, field) in asked:
            continue
        told = override(collection, field)
        assert told is not None, f"{collection}.{field} is indexed for nothing"
        assert told["indexes"] == []


def test_what_says_when_it_ends_is_deleted_by_then() -> None:
    expiring = {collection for collection, field in written_fields() if field == "expires_at"}
    assert expiring == {EVENTS, REPLICAS}
    for collection in expiring:
        told = override(collection, "expires_at")
        assert told is not None
        assert told["ttl"] is True


def test_no_definition_is_of_what_nobody_writes() -> None:
    known = set(written_fields())
    for each in DEFINED["fieldOverrides"]:
        assert (each["collectionGroup"], each["fieldPath"]) in known
    for index in DEFINED["indexes"]:
        assert all(
            (index["collectionGroup"], each["fieldPath"]) in known for each in index["fields"]
        )
