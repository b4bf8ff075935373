"""What ends in order leaves nothing; and compose v2 does the same. Last by its name, since it takes the stack of the others away."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.docker.compose import PARTS, Compose
from tests.fakes.docker_engine import ROOT, Engine

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]


def left(engine: Engine, project: str) -> list[str]:
    label = f"label=com.docker.compose.project={project}"
    return [
        *engine.docker("ps", "-aq", "--filter", label).split(),
        *engine.docker("volume", "ls", "-q", "--filter", label).split(),
        *engine.docker("network", "ls", "-q", "--filter", label).split(),
    ]


def test_everything_ends_by_itself_and_leaves_nothing(stack: Compose) -> None:
    stack.run("stop")
    parts = (*PARTS, "traffic")
    ended = {part: json.loads(stack.inspect(part, ".State.ExitCode")) for part in parts}
    assert set(ended.values()) == {0}, f"process 1 takes SIGTERM: {ended}"
    stack.down()
    assert left(stack.engine, stack.project) == []


def test_compose_v2_accepts_it_and_runs_it(engine: Engine, tmp_path: Path) -> None:
    found = subprocess.run([ROOT / "tests/docker/fetch-compose-v2", tmp_path], capture_output=True, text=True, timeout=200, check=False)  # fmt: skip
    if found.returncode != 0:
        pytest.skip(f"no compose v2: {found.stderr.strip()[-200:]}")
    compose = Compose(engine, "tagentv2", [found.stdout.strip()])
    assert "v2" in compose.run("version") or "version 2" in compose.run("version")
    try:
        compose.run("up", "-d", "--wait")
        compose.wait_until_healthy()
    finally:
        compose.down()
    assert left(engine, "tagentv2") == []
