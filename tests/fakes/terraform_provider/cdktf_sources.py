"""The sources that a schema is read from: the google provider's bindings for CDKTF, as their wheel carries them.

They were generated from the real provider's schema (6.50.0), so what they know of a resource is what the provider knows.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sources:
    """One resource's or data source's code and its declarations."""

    code: str
    declarations: str


def read_sources(archive: Path, names: Iterable[str]) -> dict[str, Sources]:
    """Return the sources by name (`google_project_service`, or `data.google_project`), in one pass; unknown names are left out."""
    wanted = {_folder(name): name for name in names}
    found: dict[str, dict[str, str]] = {}
    with tarfile.open(archive, "r|gz") as members:
        for member in members:
            parts = member.name.split("/")
            if len(parts) != 4 or parts[:2] != ["package", "lib"] or parts[2] not in wanted:
                continue
            if parts[3] in ("index.js", "index.d.ts") and (file := members.extractfile(member)):
                text = file.read().decode().split("\n//# sourceMappingURL=")[0]
                found.setdefault(wanted[parts[2]], {})[parts[3]] = text
    return {name: Sources(each["index.js"], each["index.d.ts"]) for name, each in found.items()}


def _folder(name: str) -> str:
    if name == "provider":
        return name
    kind, _, type_name = name.rpartition(".")
    if kind == "data":
        return "data-" + type_name.replace("_", "-")
    return type_name.removeprefix("google_").replace("_", "-")
