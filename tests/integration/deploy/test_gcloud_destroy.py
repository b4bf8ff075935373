"""destroy.sh takes away what deploy.sh made, and nothing of anybody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.deploy.cloud_project import NAME, CloudProject, ok


@pytest.fixture
def project(deployed_project: CloudProject) -> CloudProject:
    made = deployed_project
    made.write("run/somebody-elses", '    tagent: "tagent-dev"\n')
    made.write("secrets/somebody-elses", "x\n")
    made.write("others", f"tagent-dev-platform@{NAME}.iam.gserviceaccount.com\n")
    made.write(
        f"policies/project.{NAME}",
        made.read(f"policies/project.{NAME}") + "roles/owner\tuser:you@example.com\t\n",
    )
    return made


def test_data_secrets_and_images_stay_unless_told(project: CloudProject) -> None:
    said = ok(project.run("destroy.sh", "--yes")).out
    state = project.state()
    assert {name for name in state if name.startswith("run/")} == {"run/somebody-elses"}
    assert state["accounts"] == ""
    assert state[f"policies/project.{NAME}"] == "roles/owner\tuser:you@example.com\t"
    assert {
        "firestore/type",
        "firestore/protected",
        "secrets/tagent-admin-token",
        "repository",
    } <= set(state)
    for remains in ("the database (default)", "the secrets", "the images", "the enabled APIs"):
        assert remains in said.partition("What remains:")[2]
    assert "USD" in said


def test_everything_goes_where_that_is_said(project: CloudProject) -> None:
    said = ok(
        project.run("destroy.sh", "--yes", "--delete-data", "--delete-secrets", "--delete-images")
    ).out
    assert {
        name
        for name in project.state()
        if name.startswith(("run/", "secrets/", "firestore/", "repository"))
    } == {
        "run/somebody-elses",
        "secrets/somebody-elses",
    }
    assert "database" not in said.partition("What remains:")[2]


def test_again_there_is_nothing_to_delete(project: CloudProject) -> None:
    everything = ("--yes", "--delete-data", "--delete-secrets", "--delete-images")
    ok(project.run("destroy.sh", *everything))
    project.forget_calls()
    ok(project.run("destroy.sh", *everything))
    assert project.changes == 0


def test_interrupted_anywhere_it_goes_on(tmp_path: Path, project: CloudProject) -> None:
    everything = ("--yes", "--delete-data", "--delete-secrets", "--delete-images")
    project.take_snapshots()
    ok(project.run("destroy.sh", *everything))
    wanted = project.state()
    for number in range(1, project.changes + 1):
        again = project.at_snapshot(number, tmp_path / f"again-{number}")
        ok(again.run("destroy.sh", *everything))
        assert again.state() == wanted, f"interrupted before change {number}"


def test_it_asks_for_the_projects_name(project: CloudProject) -> None:
    before = project.state()
    ended = project.run("destroy.sh", stdin="yes\n")
    assert (ended.returncode, project.state()) == (1, before)
    assert "say --yes" in ended.err
    asked = [str(Path("deploy/gcloud/destroy.sh").resolve()), "--project", NAME]
    ended = project.shell(asked, stdin="yes\n", env={"TAGENT_ASK_ANYHOW": "yes"})
    assert (ended.returncode, project.state()) == (1, before)
    assert "nothing was deleted" in ended.err
    ended = project.shell(asked, stdin=f"{NAME}\n", env={"TAGENT_ASK_ANYHOW": "yes"})
    assert ended.returncode == 0
    assert "run/chat" not in project.state()


def test_a_dry_run_deletes_nothing_and_prints_what_would(
    tmp_path: Path, project: CloudProject
) -> None:
    before = project.state()
    printed = ok(
        project.run(
            "destroy.sh", "--dry-run", "--delete-data", "--delete-secrets", "--delete-images"
        )
    )
    assert (project.changes, project.state()) == (0, before)
    ok(project.shell(["bash", "-euo", "pipefail"], stdin=printed.out))
    assert {name for name in project.state() if name.startswith(("run/", "firestore/"))} == {
        "run/somebody-elses"
    }
