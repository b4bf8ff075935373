"""The images: what is in them, how large they are, and who runs them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import pytest
from packaging.requirements import Requirement

from tests.fakes.docker_engine import ROOT, Engine

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1500)]

BUDGET_MB = {"platform": 130, "sidecar": 30, "dashboard": 560, "samples": 15}
"""Above the base; about a fifth more than on the day they were set."""
OURS = {
    "platform": {"tagent-contract", "tagent-platform"},
    "sidecar": {"tagent-contract", "tagent-sidecar"},
    "dashboard": {"tagent-contract", "tagent-client", "tagent-dashboard"},
    "samples": {"tagent-samples"},
}
LIST = "import importlib.metadata as m, json; print(json.dumps([d.metadata['name'] for d in m.distributions()]))"


def locked(image: str) -> set[str]:
    """Return what the image's lock asks for on Linux; a lock is for every platform."""
    lock = (ROOT / "requirements" / f"{image}.lock").read_text()
    wanted = [Requirement(line.rstrip(" \\")) for line in lock.splitlines() if line[:1].isalnum()]
    return canonical(one.name for one in wanted if one.marker is None or one.marker.evaluate())


def canonical(names: Iterable[str]) -> set[str]:
    return {re.sub(r"[-_.]+", "-", name).lower() for name in names}


@pytest.mark.parametrize("image", OURS)
def test_an_image_has_what_its_part_needs_and_nothing_else(engine: Engine, image: str) -> None:
    name = f"tagent-{image}:local"
    environment = "/opt/samples" if image == "samples" else "/opt/tagent"
    ran = engine.docker("run", "--rm", "--network", "none", "--entrypoint", f"{environment}/bin/python", name, "-IBc", LIST)  # fmt: skip
    assert canonical(json.loads(ran)) == locked(image) | OURS[image]
    if image == "sidecar":
        assert not {"fastapi", "grpcio", "streamlit", "httpx", "pydantic", "pip"} & locked(image)


@pytest.mark.parametrize("image", OURS)
def test_an_image_is_no_larger_than_it_was(engine: Engine, image: str) -> None:
    sizes = [
        int(engine.docker("image", "inspect", "--format", "{{.Size}}", name)) / 1e6
        for name in (f"tagent-{image}:local", engine.base)
    ]
    own_mb = sizes[0] - sizes[1]
    print(f"\n{image}: {sizes[0]:.0f} MB, {own_mb:.0f} MB of it above the base", end="")
    assert 0 < own_mb < BUDGET_MB[image]


@pytest.mark.parametrize("image", [*OURS, "samples-behind-sidecar"])
def test_an_image_says_who_it_is_and_is_not_root(engine: Engine, image: str) -> None:
    config = json.loads(engine.docker("image", "inspect", "--format", "{{json .Config}}", f"tagent-{image}:local"))  # fmt: skip
    assert config["User"] == "10001:10001"
    assert config["Labels"]["org.opencontainers.image.version"] == "0.1.0"
    assert config["Labels"]["org.opencontainers.image.revision"] == "unknown"
    assert config["Healthcheck"]["Test"][0] == "CMD"
    secretive = [line for line in config["Env"] if re.search("TOKEN|SECRET|KEY|PASSWORD", line)]
    assert secretive == []


def test_everything_is_compiled_already(engine: Engine) -> None:
    code = (
        "import pathlib, sys\n"
        "found = [p for p in pathlib.Path('/opt/tagent/lib').rglob('*.py')]\n"
        "tag = sys.implementation.cache_tag\n"
        "missing = [p for p in found if not (p.parent / '__pycache__' / f'{p.stem}.{tag}.pyc').exists()]\n"
        "print(len(found), len(missing))\n"
    )
    for image in ("platform", "sidecar", "dashboard"):
        ran = engine.docker("run", "--rm", "--entrypoint", "python3", f"tagent-{image}:local", "-c", code)  # fmt: skip
        found, missing = map(int, ran.split())
        assert found > 100
        # Templates and deliberate bad syntax in other people's packages.
        assert missing < found / 50, image


@pytest.mark.parametrize(
    ("image", "code", "said"),
    [("platform", 2, "TAGENT_MAKE_TOKENS"), ("sidecar", 2, "--service"), ("dashboard", 2, "TAGENT_URL")],
)  # fmt: skip
def test_without_what_it_needs_an_image_says_so_in_one_sentence(
    engine: Engine, image: str, code: int, said: str
) -> None:
    wrong = ["-e", "TAGENT_URL=nonsense"] if image == "dashboard" else []
    done = engine.run("docker", "run", "--rm", "--read-only", *wrong, f"tagent-{image}:local", check=False)  # fmt: skip
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
