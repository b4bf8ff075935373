"""What a whole test process needs once: Terraform with its provider, projects in which something was deployed, gcloud's own reading."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.terraform_provider import workshop
from tests.integration.deploy.cloud_project import CHAT, CloudProject, ok


@pytest.fixture(scope="session")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[workshop.Terraform]:
    if reason := workshop.missing():
        pytest.skip(reason)
    with workshop.offline_terraform(tmp_path_factory.mktemp("terraform")) as made:
        yield made


@pytest.fixture
def project(tmp_path: Path) -> CloudProject:
    """Return an empty project."""
    return CloudProject(tmp_path / "project")


@pytest.fixture(scope="session")
def set_up_once(tmp_path_factory: pytest.TempPathFactory) -> CloudProject:
    """Return a project after setup.sh, with what it was before each change. To be looked at and copied only."""
    made = CloudProject(tmp_path_factory.mktemp("cloud") / "project")
    made.take_snapshots()
    ok(made.run("setup.sh"))
    return made


@pytest.fixture(scope="session")
def deployed_once(
    set_up_once: CloudProject, tmp_path_factory: pytest.TempPathFactory
) -> CloudProject:
    """Return a project after deploy.sh with a service, likewise."""
    made = set_up_once.copy(tmp_path_factory.mktemp("cloud") / "project")
    made.take_snapshots()
    ok(made.run("deploy.sh", "--skip-setup", *CHAT))
    return made


@pytest.fixture
def set_up(set_up_once: CloudProject, tmp_path: Path) -> CloudProject:
    """Return a project of this test's own, after setup.sh."""
    return set_up_once.copy(tmp_path / "project")


@pytest.fixture
def deployed_project(deployed_once: CloudProject, tmp_path: Path) -> CloudProject:
    """Return a project of this test's own, after deploy.sh with a service."""
    return deployed_once.copy(tmp_path / "project")
