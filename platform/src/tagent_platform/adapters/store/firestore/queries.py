"""Every query that is made to Firestore. No I/O.

`deploy/firestore/firestore.indexes.json` has to cover them; a test holds it to `QUERIES`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

from google.cloud.firestore_v1 import types

from tagent_platform.adapters.store.firestore.documents import (
    EVENTS,
    RECORDS,
    REPLICAS,
    moment_of,
)


class Target(IntEnum):
    """What the stream of changes follows, by the number it has there; of the events, by the first one."""

    RECORDS = 2
    REPLICAS = 4
    EVENTS = 6


def query_of(target: Target, events_from_micros: int) -> types.StructuredQuery:
    """Return the query that a target follows."""
    collection = {Target.RECORDS: RECORDS, Target.EVENTS: EVENTS, Target.REPLICAS: REPLICAS}[target]
    query = types.StructuredQuery(
        from_=[types.StructuredQuery.CollectionSelector(collection_id=collection)]
    )
    if target is Target.EVENTS:
        query.where = types.StructuredQuery.Filter(
            field_filter=types.StructuredQuery.FieldFilter(
                field=types.StructuredQuery.FieldReference(field_path="written_at"),
                op=types.StructuredQuery.FieldFilter.Operator.GREATER_THAN_OR_EQUAL,
                value=types.Value(timestamp_value=moment_of(events_from_micros)),
            )
        )
    return query


def newest_events(limit: int) -> types.StructuredQuery:
    """Return the query for the events written last, the newest first."""
    return _events_by("written_at", limit)


def newest_event_of(service: str) -> types.StructuredQuery:
    """Return the query for a service's event with the highest number."""
    query = _events_by("sequence", 1)
    query.where = types.StructuredQuery.Filter(
        field_filter=types.StructuredQuery.FieldFilter(
            field=types.StructuredQuery.FieldReference(field_path="service"),
            op=types.StructuredQuery.FieldFilter.Operator.EQUAL,
            value=types.Value(string_value=service),
        )
    )
    return query


def _events_by(field: str, limit: int) -> types.StructuredQuery:
    return types.StructuredQuery(
        from_=[types.StructuredQuery.CollectionSelector(collection_id=EVENTS)],
        order_by=[
            types.StructuredQuery.Order(
                field=types.StructuredQuery.FieldReference(field_path=field),
                direction=types.StructuredQuery.Direction.DESCENDING,
            )
        ],
        limit=limit,
    )


QUERIES: Sequence[types.StructuredQuery] = (
    *(query_of(target, 0) for target in Target),
    newest_events(1),
    newest_event_of("any"),
)
"""Every query that is ever made, for the test that holds the index definitions to them."""
