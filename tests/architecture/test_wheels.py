"""What is installed is what is here: styles, scripts, pictures and folders with a dot too."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("contract", "sidecar", "platform", "client", "dashboard", "sample_agents", "experiments")


@pytest.mark.parametrize("part", PARTS)
def test_a_wheel_has_every_file_of_its_package(tmp_path: Path, part: str) -> None:
    (built,) = WheelBuilder(str(ROOT / part)).build(directory=str(tmp_path), versions=["standard"])
    packed = set(zipfile.ZipFile(built).namelist())
    source = ROOT / part / "src"
    wanted = {
        str(path.relative_to(source))
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert len(wanted) > 5
    assert wanted - packed == set()
