"""What Firestore lacks of the index definitions: one gcloud command a line (without `gcloud firestore`), its words separated by tabs.

python3 indexes.py DEFINITIONS INDEXES FIELDS: files of JSON, the last two as `gcloud firestore indexes composite list` and
`... indexes fields list` say it, empty for a database that is not there yet. Python 3.9 or newer, nothing but the standard library.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def main(definitions: str, indexes: str, fields: str) -> None:
    """Print what is missing."""
    for words in missing(_read(definitions), _read(indexes) or [], _read(fields) or []):
        print("\t".join(words))


def missing(wanted: dict[str, Any], indexes: list[Any], fields: list[Any]) -> Iterator[list[str]]:
    """Yield the words of each command that is still to be run."""
    made = {_key(_group(each["name"]), each) for each in indexes}
    for index in wanted["indexes"]:
        if _key(index["collectionGroup"], index) not in made:
            yield _create_index(index)
    known = {(_group(each["name"]), _last(each["name"])): each for each in fields}
    for field in wanted["fieldOverrides"]:
        yield from _update_field(field, known.get((field["collectionGroup"], field["fieldPath"])))


def _read(path: str) -> Any:
    text = Path(path).read_text(encoding="utf-8")
    return json.loads(text) if text.strip() else None


def _group(name: str) -> str:
    """Return C of `projects/P/databases/D/collectionGroups/C/...`."""
    return name.split("/collectionGroups/")[1].split("/")[0]


def _last(name: str) -> str:
    return name.rpartition("/")[2].strip("`")


def _key(group: str, index: dict[str, Any]) -> tuple[Any, ...]:
    fields = [
        (each["fieldPath"], each.get("order") or each.get("arrayConfig"))
        for each in index["fields"]
        if each["fieldPath"] != "__name__"  # Firestore adds it by itself.
    ]
    return group, index.get("queryScope", "COLLECTION"), tuple(fields)


def _create_index(index: dict[str, Any]) -> list[str]:
    scope = index.get("queryScope", "COLLECTION").lower().replace("_", "-")
    fields = [
        f"--field-config=field-path={each['fieldPath']},{_how(each)}" for each in index["fields"]
    ]
    where = [f"--collection-group={index['collectionGroup']}", f"--query-scope={scope}"]
    return ["indexes", "composite", "create", "--async", *where, *fields]


def _update_field(field: dict[str, Any], known: dict[str, Any] | None) -> Iterator[list[str]]:
    where = [field["fieldPath"], f"--collection-group={field['collectionGroup']}"]
    config = (known or {}).get("indexConfig", {})
    is_own = known is not None and not config.get("usesAncestorConfig")
    if not is_own or len(config.get("indexes", [])) != len(field["indexes"]):
        indexes = [f"--index={_how(each)}" for each in field["indexes"]] or ["--disable-indexes"]
        yield ["indexes", "fields", "update", *where, *indexes]
    if field.get("ttl") and "ttlConfig" not in (known or {}):
        yield ["fields", "ttls", "update", *where, "--enable-ttl"]


def _how(field: dict[str, Any]) -> str:
    return f"order={field['order'].lower()}" if "order" in field else "array-config=contains"


if __name__ == "__main__":
    main(*sys.argv[1:])
