"""The images and the compose stack on a real Docker engine. They take minutes, so only `make test-docker` (or naming this folder) runs them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.docker.compose import Compose
from tests.fakes.docker_engine import (
    ROOT,
    Engine,
    NotHereError,
    build_images,
    docker_engine,
    make_wheels,
)


def pytest_ignore_collect(config: pytest.Config) -> bool | None:
    """Leave this folder out unless it was named."""
    return (
        None
        if any("tests/docker" in each for each in map(str, config.invocation_params.args))
        else True
    )


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """An engine with all images."""
    if shutil.which("docker-compose") is None:
        pytest.skip("no docker-compose on this machine")
    with ExitStack() as stack, ThreadPoolExecutor(1) as pool:
        wheels = pool.submit(make_wheels)
        try:
            running = stack.enter_context(docker_engine())
        except NotHereError as reason:
            pytest.skip(f"no Docker engine: {reason}")
        wheels.result()
        took = build_images(running)
        for name, seconds in took.items():
            print(f"\nbuilt {name} in {seconds:.0f} s", end="")
        yield running


@pytest.fixture(scope="session")
def stack(engine: Engine) -> Iterator[Compose]:
    """The stack of the repository's docker-compose.yml, up and healthy."""
    compose = Compose(engine, "tagenttest", ["docker-compose"])
    try:
        compose.up("--build")
        yield compose
    finally:
        compose.down()


@pytest.fixture(scope="session")
def documented() -> list[str]:
    """The code blocks of docs/containers.md that begin with a language."""
    text = (ROOT / "docs" / "containers.md").read_text()
    return text.split("```")[1::2]


@pytest.fixture
def own_files(tmp_path: Path) -> Path:
    """A folder for files that a person would write."""
    return tmp_path
