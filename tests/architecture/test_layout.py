"""The house keeps its shape: what a newcomer relies on when looking for something."""

from __future__ import annotations

import ast
import platform
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = {
    "contract": "tagent_contract",
    "sidecar": "tagent_sidecar",
    "platform": "tagent_platform",
    "client": "tagent_client",
    "dashboard": "tagent_dashboard",
    "sample_agents": "tagent_samples",
    "experiments": "chaostagent",
}
MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def source_modules() -> Iterator[Path]:
    for folder, package in PARTS.items():
        yield from sorted((ROOT / folder / "src" / package).rglob("*.py"))


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_platform_folder_does_not_shadow_the_standard_library() -> None:
    assert not list((ROOT / "platform").glob("*.py"))
    assert platform.python_version()


def test_each_deployable_ships_one_typed_package() -> None:
    for folder, package in PARTS.items():
        source = ROOT / folder / "src"
        assert [
            path.name
            for path in source.iterdir()
            if path.is_dir() and not path.name.startswith(("_", "."))
        ] == [package]
        assert (source / package / "py.typed").is_file(), f"{package} is typed and must say so"


def test_no_module_has_outgrown_its_reader() -> None:
    too_long = {
        relative(path): lines
        for path in source_modules()
        if (lines := len(path.read_text().splitlines())) > MODULE_LINES_MAX
    }
    assert too_long == {}


def test_no_function_has_outgrown_its_reader() -> None:
    too_long = {}
    for path in source_modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
                lines = node.end_lineno - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    too_long[f"{relative(path)}:{node.name}"] = lines
    assert too_long == {}


@pytest.mark.parametrize("word", ["utils", "helpers", "manager", "common", "misc"])
def test_no_module_is_named_for_nothing(word: str) -> None:
    assert [
        relative(path) for path in source_modules() if path.stem == word or word in path.parts
    ] == []


def test_every_package_says_what_belongs_in_it() -> None:
    silent = [
        relative(path)
        for path in source_modules()
        if path.name == "__init__.py" and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []


def test_ports_have_at_most_six_methods() -> None:
    for path in sorted((ROOT / "platform/src/tagent_platform/ports").glob("*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and any(
                isinstance(base, ast.Name) and base.id == "Protocol" for base in node.bases
            ):
                methods = [
                    item.name
                    for item in node.body
                    if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
                    and not any(
                        isinstance(mark, ast.Name) and mark.id == "property"
                        for mark in item.decorator_list
                    )
                ]
                assert len(methods) <= 6, f"{node.name} has {len(methods)}"


ENVIRONMENT_READERS = {
    "sidecar/src/tagent_sidecar/options.py",
    "platform/src/tagent_platform/settings.py",
}


def test_the_environment_is_read_in_one_place_a_part() -> None:
    """The client's command line and the samples read it too, each in the files named settings or cli."""
    readers = {
        relative(path)
        for path in source_modules()
        if re.search(r"\bos\.(environ|getenv)\b", path.read_text())
        and path.is_relative_to(ROOT / "sidecar") | path.is_relative_to(ROOT / "platform")
    }
    assert readers <= ENVIRONMENT_READERS


def test_locked_requirements_carry_hashes_and_no_addresses() -> None:
    for lock in sorted((ROOT / "requirements").glob("*.lock")):
        text = lock.read_text()
        assert "://" not in text, lock.name
        for pin in re.findall(r"^(?!\s|#)(\S+==\S+.*)$", text, re.MULTILINE):
            assert pin.endswith("\\"), f"{lock.name}: {pin} has no hash"


OUR_OWN = {"tagent-contract", "tagent-client"}
"""What other parts are built on comes from here, not from a registry."""


def test_every_runtime_dependency_of_a_part_is_locked() -> None:
    locked = {
        name.lower()
        for name in re.findall(
            r"^([A-Za-z0-9._-]+)==", (ROOT / "requirements/run.lock").read_text(), re.MULTILINE
        )
    }
    for folder in PARTS:
        project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]
        for requirement in project["dependencies"]:
            name = re.match(r"[A-Za-z0-9._-]+", requirement)
            assert name is not None
            assert name[0].lower() in locked | OUR_OWN, f"{folder}: {requirement}"


def test_no_file_carries_a_path_of_one_machine_or_a_registry_address() -> None:
    machine = re.compile(r"(?<![A-Za-z0-9._/-])/(?:work|farm|root)/")
    registry = re.compile(r"https?://[a-z.]*(?:pypi|pythonhosted|npmjs)\.", re.IGNORECASE)
    guilty = []
    for path in tracked_files():
        if path.suffix in {".png", ".ico", ".lock"} or path == Path(__file__).resolve():
            continue
        text = path.read_text(errors="replace")
        if machine.search(text) or registry.search(text):
            guilty.append(relative(path))
    assert guilty == []
