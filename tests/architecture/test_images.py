"""The images and the stack keep their rules: nobody is root, nothing floats, nothing secret is built in."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILES = sorted((ROOT / "deploy/images").glob("*.Dockerfile"))
ONE_SHOT = re.compile(r"-token$")
NOT_STARTED = {"tagent", "sidecar"}


def instructions(path: Path) -> list[tuple[str, str]]:
    """Return a Dockerfile's instructions with their arguments, continued lines joined."""
    lines = re.sub(r"\\\n", " ", path.read_text()).splitlines()
    return [
        (word.upper(), rest.strip())
        for line in lines
        if line.strip() and not line.startswith("#")
        for word, _, rest in [line.partition(" ")]
    ]


def stack() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def locked(name: str) -> dict[str, set[str]]:
    text = (ROOT / "requirements" / f"{name}.lock").read_text()
    found: dict[str, set[str]] = {}
    for package, version in re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", text, re.MULTILINE):
        found.setdefault(package.lower(), set()).add(version)
    return found


def test_there_is_an_image_for_each_part() -> None:
    names = [path.name.removesuffix(".Dockerfile") for path in DOCKERFILES]
    assert names == ["dashboard", "platform", "samples", "sidecar"]


@pytest.mark.parametrize("path", DOCKERFILES, ids=lambda path: path.stem)
def test_an_image_keeps_the_rules(path: Path) -> None:
    found = instructions(path)
    by_word: dict[str, list[str]] = {}
    for word, rest in found:
        by_word.setdefault(word, []).append(rest)
    assert found[0][0] == "ARG", "the base comes first, by argument"
    assert {rest.split()[0] for rest in by_word["FROM"]} <= {"${BASE}", "samples"}
    assert by_word["USER"][-1] == "10001:10001", "a number, so that an orchestrator can see it"
    for exec_form in by_word["ENTRYPOINT"] + by_word.get("CMD", []):
        assert exec_form.startswith("["), "a shell would keep SIGTERM to itself"
    assert all(" CMD [" in f" {check}" for check in by_word["HEALTHCHECK"])
    assert "curl" not in path.read_text()
    assert "ADD" not in by_word, "nothing comes from elsewhere but by its hash"
    assert not re.search(r"TOKEN|SECRET|PASSWORD|API_KEY", " ".join(by_word["ENV"]))
    assert not [run for run in by_word["RUN"] if re.search(r"apt|pip install|chmod 777|sudo", run)]
    version = tomllib.loads((ROOT / "platform/pyproject.toml").read_text())["project"]["version"]
    assert f"VERSION={version}" in by_word["ARG"]


def test_one_base_pinned_by_digest_is_everybody_s() -> None:
    pinned = re.compile(r"python:3\.11-slim-bookworm@sha256:[0-9a-f]{64}")
    texts = [path.read_text() for path in (*DOCKERFILES, ROOT / "docker-compose.yml")]
    found = [pinned.findall(text) for text in texts]
    assert all(len(each) == 1 for each in found)
    assert len({each[0] for each in found}) == 1


def test_nothing_gets_into_a_build_but_what_is_named() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert not [rule for rule in rules if re.search(r"\.env|\.tagent|\.git|tests", rule)]


@pytest.mark.parametrize("image", ["build", "dashboard", "platform", "samples", "sidecar"])
def test_an_image_installs_the_versions_that_are_tested(image: str) -> None:
    everything = locked("run")
    everything.update(locked("bootstrap"))
    for package, versions in locked(image).items():
        assert versions <= everything[package], package


def test_the_sidecar_s_image_stays_small() -> None:
    assert set(locked("sidecar")) == {"httptools", "msgspec", "psutil", "uvloop"}


def test_every_dependency_of_a_part_is_in_its_image() -> None:
    parts = {
        "platform": ("contract", "platform"),
        "sidecar": ("contract", "sidecar"),
        "dashboard": ("contract", "client", "dashboard"),
        "samples": ("sample_agents",),
    }
    for image, folders in parts.items():
        for folder in folders:
            project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]
            for requirement in project["dependencies"]:
                name = re.match(r"[A-Za-z0-9._-]+", requirement)
                assert name is not None
                if not name[0].startswith("tagent-"):
                    assert name[0].lower() in locked(image), f"{image}: {requirement}"


@pytest.mark.parametrize("name", stack()["services"])
def test_a_container_can_do_little_and_is_bounded(name: str) -> None:
    service = stack()["services"][name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert {"mem_limit", "cpus", "pids_limit"} <= service.keys()
    assert {"max-size", "max-file"} == service["logging"]["options"].keys()
    assert not {"privileged", "cap_add", "network_mode", "pid", "user"} & service.keys()
    assert service["image"].endswith(":local"), "no tag that a registry could answer for"
    assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
    assert "docker.sock" not in str(service)
    wanted = "on-failure" if ONE_SHOT.search(name) else "unless-stopped"
    assert name in NOT_STARTED or service["restart"] == wanted


def test_nobody_but_who_makes_tokens_mounts_those_of_others() -> None:
    for name, service in stack()["services"].items():
        volumes = [volume.split(":") for volume in service.get("volumes", [])]
        writable = [volume[0] for volume in volumes if volume[-1] != "ro"]
        if name == "platform" or ONE_SHOT.search(name):
            continue
        assert writable == []
        if name != "tagent":
            assert all(volume[0].endswith("-token") for volume in volumes)
            assert len(volumes) <= 1


def test_the_file_is_of_no_version_that_one_compose_would_refuse() -> None:
    assert "version" not in stack(), "v1.27 and later do without it, and v2 warns of it"
