"""`setup.sh --check`: one pass, everything that is missing, each with what mends it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.deploy.cloud_project import FAKES, NAME, SCRIPTS, CloudProject


@pytest.fixture
def project(set_up: CloudProject) -> CloudProject:
    return set_up


def missing(project: CloudProject, *arguments: str) -> dict[str, str]:
    """Return what is missing and its remedy."""
    ended = project.run("setup.sh", "--check", *arguments)
    assert ended.err == ""
    lines = ended.out.splitlines()
    found = {
        line[9:]: lines[index + 1].strip()
        for index, line in enumerate(lines)
        if line.startswith("missing  ")
    }
    assert ended.returncode == (1 if found else 0)
    assert project.changes == 0, "a check changes nothing"
    return found


def test_nothing_is_missing_after_the_set_up(project: CloudProject) -> None:
    assert missing(project) == {}
    assert "deploy.sh --project a-project" in project.run("setup.sh", "--check").out


def deny(project: CloudProject, permission: str) -> None:
    project.write("denied", f'"{permission}"\n')


CASES: dict[str, tuple[Callable[[CloudProject], None], str, str]] = {
    "nobody is signed in": (
        lambda p: p.write("account", ""),
        "nobody is signed in",
        "gcloud auth login",
    ),
    "no project": (
        lambda p: p.remove("project"),
        f"project {NAME}, or your right to see it",
        f"gcloud projects create {NAME}",
    ),
    "no billing": (
        lambda p: p.remove("billing"),
        "billing",
        f"gcloud billing projects link {NAME} --billing-account=ACCOUNT_ID",
    ),
    "an API": (
        lambda p: p.write("apis", p.read("apis").replace("secretmanager.googleapis.com\n", "")),
        "API secretmanager.googleapis.com",
        f"gcloud services enable secretmanager.googleapis.com --project={NAME}",
    ),
    "a right": (
        lambda p: deny(p, "run.services.setIamPolicy"),
        "right run.services.setIamPolicy",
        f"gcloud projects add-iam-policy-binding {NAME} --member=user:you@example.com --role=roles/run.admin --condition=None",
    ),
    "the wrong kind of database": (
        lambda p: p.write("firestore/type", "DATASTORE_MODE\n"),
        "a Firestore database: (default) is one of kind DATASTORE_MODE",
        "--database tagent",
    ),
    "quota": (
        lambda p: p.write("quota.cpu", "2000\n"),
        "quota CpuAllocPerProjectRegion: 6000 thousandths of a CPU needed in us-central1, 2000 allowed",
        "--max-replicas",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_missing_is_told_with_its_remedy(project: CloudProject, case: str) -> None:
    spoil, what, remedy = CASES[case]
    spoil(project)
    found = missing(project)
    assert list(found) == [what]
    assert remedy in found[what]


def test_everything_at_once_is_told_in_one_pass(project: CloudProject) -> None:
    project.remove("billing")
    project.write("apis", project.read("apis").replace("monitoring.googleapis.com\n", ""))
    deny(project, "secretmanager.versions.add")
    project.write("quota.cpu", "100\n")
    found = missing(project, "--region", "us-central1", "--max-replicas", "4")
    assert [what.split(":")[0] for what in found] == [
        "billing",
        "API monitoring.googleapis.com",
        "right secretmanager.versions.add",
        "quota CpuAllocPerProjectRegion",
    ]


def test_an_empty_project_lacks_the_apis_and_is_asked_no_more_of_them(tmp_path: Path) -> None:
    found = missing(CloudProject(tmp_path / "project"))
    assert len(found) == 9
    assert all(what.startswith("API ") for what in found)


def test_no_negative_quota_is_taken_for_a_limit(project: CloudProject) -> None:
    project.write("quota.cpu", "-1\n")
    assert missing(project) == {}


def test_a_tool_that_is_not_there_is_told(project: CloudProject, tmp_path: Path) -> None:
    few = tmp_path / "few"
    few.mkdir()
    for tool in (
        "bash",
        "cat",
        "cut",
        "env",
        "grep",
        "head",
        "mktemp",
        "openssl",
        "python3",
        "rm",
        "sed",
        "dirname",
    ):
        (few / tool).symlink_to(shutil.which(tool) or f"/usr/bin/{tool}")
    (few / "gcloud").symlink_to(FAKES / "gcloud")
    ended = project.shell(
        [str(SCRIPTS / "setup.sh"), "--project", NAME, "--check"], env={"PATH": str(few)}
    )
    assert ended.returncode == 1
    assert "missing  curl\n" in ended.out
    (few / "gcloud").unlink()
    ended = project.shell(
        [str(SCRIPTS / "setup.sh"), "--project", NAME, "--check"], env={"PATH": str(few)}
    )
    assert (ended.returncode, ended.err) == (
        1,
        "setup.sh: there is no gcloud: install the Google Cloud CLI\n",
    )
    assert os.access(SCRIPTS / "setup.sh", os.X_OK)
