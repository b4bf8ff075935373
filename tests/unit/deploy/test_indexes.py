"""deploy/gcloud/lib/indexes.py: what Firestore lacks of the definitions."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import pytest

PATH = Path(__file__).resolve().parents[3] / "deploy/gcloud/lib/indexes.py"
spec = importlib.util.spec_from_file_location("indexes", PATH)
assert spec is not None
assert spec.loader is not None
indexes = importlib.util.module_from_spec(spec)
spec.loader.exec_module(indexes)

GROUPS = "projects/p/databases/(default)/collectionGroups"
INDEX = {
    "collectionGroup": "events",
    "queryScope": "COLLECTION_GROUP",
    "fields": [
        {"fieldPath": "service", "order": "ASCENDING"},
        {"fieldPath": "tags", "arrayConfig": "CONTAINS"},
    ],
}
MADE_INDEX = {
    "name": f"{GROUPS}/events/indexes/C1",
    "queryScope": "COLLECTION_GROUP",
    "fields": [*INDEX["fields"], {"fieldPath": "__name__", "order": "ASCENDING"}],
}


def missing(
    indexes_: list[Any], overrides: list[Any], made: list[Any], fields: list[Any]
) -> list[str]:
    wanted = {"indexes": indexes_, "fieldOverrides": overrides}
    return [" ".join(words) for words in indexes.missing(wanted, made, fields)]


def override(**more: Any) -> dict[str, Any]:
    return {"collectionGroup": "events", "fieldPath": "body", "indexes": [], **more}


def known(**more: Any) -> dict[str, Any]:
    return {"name": f"{GROUPS}/events/fields/body", **more}


def test_an_index_is_made_with_its_fields_in_order() -> None:
    assert missing([INDEX], [], [], []) == [
        "indexes composite create --async --collection-group=events --query-scope=collection-group "
        "--field-config=field-path=service,order=ascending --field-config=field-path=tags,array-config=contains"
    ]


def test_an_index_that_is_there_is_left_alone_whatever_firestore_added_to_it() -> None:
    assert missing([INDEX], [], [MADE_INDEX], []) == []


@pytest.mark.parametrize(
    "other",
    [
        {"queryScope": "COLLECTION"},
        {"name": f"{GROUPS}/records/indexes/C1"},
        {"fields": MADE_INDEX["fields"][1:]},
    ],
)
def test_another_index_is_not_taken_for_it(other: dict[str, Any]) -> None:
    assert len(missing([INDEX], [], [{**MADE_INDEX, **other}], [])) == 1


def test_a_field_is_exempted_and_its_documents_expire() -> None:
    assert missing([], [override(ttl=True)], [], []) == [
        "indexes fields update body --collection-group=events --disable-indexes",
        "fields ttls update body --collection-group=events --enable-ttl",
    ]


def test_a_field_keeps_the_indexes_it_names() -> None:
    assert missing([], [override(indexes=[{"order": "DESCENDING"}])], [], []) == [
        "indexes fields update body --collection-group=events --index=order=descending"
    ]


def test_what_is_there_of_a_field_is_left_alone() -> None:
    assert missing([], [override()], [], [known(indexConfig={})]) == []
    assert (
        missing(
            [], [override(ttl=True)], [], [known(indexConfig={}, ttlConfig={"state": "CREATING"})]
        )
        == []
    )


def test_what_a_field_only_inherits_is_not_its_own() -> None:
    inherited = known(indexConfig={"usesAncestorConfig": True, "indexes": [{}, {}]}, ttlConfig={})
    assert missing([], [override(ttl=True)], [], [inherited]) == [
        "indexes fields update body --collection-group=events --disable-indexes"
    ]


def test_the_same_field_of_another_collection_is_another() -> None:
    other = {"name": f"{GROUPS}/records/fields/`body`", "indexConfig": {}}
    assert len(missing([], [override()], [], [other])) == 1
    assert missing([], [override(collectionGroup="records")], [], [other]) == []


def test_a_database_that_is_not_there_yet_lacks_everything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    definitions = tmp_path / "definitions"
    definitions.write_text(
        '{"indexes": [], "fieldOverrides": [{"collectionGroup": "c", "fieldPath": "f", "indexes": []}]}'
    )
    empty = tmp_path / "empty"
    empty.write_text("")
    indexes.main(str(definitions), str(empty), str(empty))
    assert (
        capsys.readouterr().out
        == "indexes\tfields\tupdate\tf\t--collection-group=c\t--disable-indexes\n"
    )
