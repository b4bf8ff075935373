"""Every shell script of the repository passes shellcheck, and says what it is for."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def shell_scripts() -> list[str]:
    """Return tracked files whose first line says that a shell runs or reads them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    found = []
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if path.is_file():
            with path.open("rb") as file:
                first = file.readline()
            if (
                first.startswith(b"#!")
                and first.split()[-1].rpartition(b"/")[2] in (b"sh", b"bash")
            ) or first.startswith(b"# shellcheck shell="):
                found.append(name)
    return found


def test_scripts_are_found_where_they_are() -> None:
    assert {
        ".ci/run",
        "tests/install-debian-packages",
        "bench/install-peers",
        "deploy/gcloud/deploy.sh",
        "deploy/gcloud/lib/grants.sh",
        "tests/fakes/gcloud/gcloud",
    } <= set(shell_scripts())


def test_shellcheck_finds_nothing() -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("there is no shellcheck on this machine")
    ended = subprocess.run(
        ["shellcheck", "--external-sources", *shell_scripts()],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize(
    "name", [each for each in shell_scripts() if not each.startswith("tests/fakes/")]
)
def test_a_script_stops_at_what_fails_and_says_what_it_is_for(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    assert lines[1].startswith("# "), "the second line says what it is for"
    if lines[0].startswith("#!"):
        assert any(line.startswith("set -eu") for line in lines[:8])
