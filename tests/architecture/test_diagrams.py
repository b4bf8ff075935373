"""The diagrams are shown where people look first, and name what there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DIAGRAMS = sorted((ROOT / "docs" / "diagrams").glob("*.mmd"))
ADAPTERS = ROOT / "platform/src/tagent_platform/adapters"
EVERYWHERE = {"memory"}
"""For tests, and so on no picture."""


@pytest.mark.parametrize("diagram", DIAGRAMS, ids=lambda path: path.stem)
def test_the_readme_shows_each_diagram_as_it_is(diagram: Path) -> None:
    shown = re.findall(r"```mermaid\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert diagram.read_text() in shown


@pytest.mark.parametrize("port", ["store", "series", "runtime"])
def test_the_architecture_names_every_adapter(port: str) -> None:
    picture = (ROOT / "docs/diagrams/architecture.mmd").read_text()
    (named,) = re.findall(rf"\[{port}: ([a-z_ ]+)\]|\({port}: ([a-z_ ]+)\)", picture)
    said = set("".join(named).split(" or "))
    there = {
        name
        for name in ("sqlite", "firestore", "memory", "prometheus", "process", "cloud_run")
        if (ADAPTERS / port / name).is_dir() or (ADAPTERS / port / f"{name}.py").is_file()
    }
    assert said == there - EVERYWHERE
