"""Every command line of the guides says what exists: our scripts and their options, `tagent` and its options, Terraform, gcloud, files."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from tagent_client.cli.app import app
from tests.fakes.terraform_provider.workshop import ROOT
from tests.integration.deploy.cloud_project import CloudProject
from tests.integration.deploy.guides import GUIDES, KNOWN, commands, words_of
from tests.integration.deploy.manifests import service

OTHER_PROGRAMS = {"export", "curl", "sed", "make", ".", "openssl", "tr"}


@pytest.mark.parametrize("guide", GUIDES)
def test_there_are_commands_and_each_is_of_a_program_we_know(guide: str) -> None:
    programs = {words[0].rpartition("/")[2] for words in commands(guide)}
    ours = {path.name for path in (ROOT / "deploy/gcloud").glob("*.sh")}
    assert len(commands(guide)) >= 5
    assert programs <= ours | OTHER_PROGRAMS | {"gcloud", "tagent", "terraform", "cd", "cp"}


@pytest.mark.parametrize("guide", GUIDES)
def test_our_scripts_have_the_options(tmp_path: Path, guide: str) -> None:
    project = CloudProject(tmp_path / "project")
    for words in commands(guide):
        if words[0].endswith(".sh"):
            script = words[0].rpartition("/")[2]
            told = project.run(script, "--help").out
            for option in [word.partition("=")[0] for word in words if word.startswith("--")]:
                assert re.search(rf"{re.escape(option)}\b", told), f"{guide}: {' '.join(words)}"


@pytest.mark.parametrize("guide", GUIDES)
def test_tagent_has_the_commands_and_options(guide: str) -> None:
    for words in commands(guide):
        if words[0] == "tagent":
            named = [word for word in words[1:] if not word.startswith("-")]
            asked = [*named[:3], "--help"]
            told = CliRunner().invoke(app, asked, env={"COLUMNS": "200", "TERM": "dumb"})
            assert told.exit_code == 0, f"{' '.join(words)}: {told.output}"
            for option in [word for word in words if word.startswith("--")]:
                assert re.search(rf"{option}\b", told.output), f"{' '.join(words)}: {told.output}"


@pytest.mark.parametrize("guide", GUIDES)
def test_folders_files_and_targets_are_there(guide: str) -> None:
    here = ROOT
    for words in commands(guide):
        if words[0] == "cd":
            here = (here / words[1]).resolve()
            assert here.is_dir(), words
        elif words[0] == "cp" or "/" in words[0]:
            assert (here / words[1 if words[0] == "cp" else 0]).is_file(), words
        elif words[0] == "terraform":
            assert words[1] in ("init", "apply", "destroy")
            assert (here / "main.tf").is_file(), words
            for target in [word.partition("=")[2] for word in words if word.startswith("-target=")]:
                kind, name = target.removeprefix("module.tagent.").split(".")
                stack = (ROOT / "terraform/modules/stack/main.tf").read_text()
                assert f'module "{name}"' in stack or f'resource "{kind}" "{name}"' in stack, words


def test_the_index_commands_by_hand_are_those_of_the_definitions(tmp_path: Path) -> None:
    (tmp_path / "none").write_text("")
    listed = subprocess.run(
        [
            "python3",
            ROOT / "deploy/gcloud/lib/indexes.py",
            ROOT / "deploy/firestore/firestore.indexes.json",
            tmp_path / "none",
            tmp_path / "none",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    wanted = [line.replace("\t--async", "").split("\t") for line in listed.stdout.splitlines()]
    by_hand = [
        words[2:-1]
        for words in commands("docs/manual_deploy_guide.md")
        if words[:2] == ["gcloud", "firestore"] and words[2] in ("indexes", "fields")
    ]
    assert by_hand == wanted


def test_the_manifests_made_by_hand_are_those_of_the_scripts(tmp_path: Path) -> None:
    made = {}
    for words in commands("docs/manual_deploy_guide.md"):
        if words[0] == "sed":
            ended = subprocess.run(words[:-2], cwd=ROOT, capture_output=True, text=True, check=True)
            assert "{{" not in ended.stdout.partition("apiVersion")[2]
            manifest = service(yaml.safe_load(ended.stdout))
            made[manifest.name] = manifest
    project = CloudProject(tmp_path / "project")
    image = "us-central1-docker.pkg.dev/a-project/tagent/chat:latest"
    assert (
        project.run(
            "deploy.sh", "--service", "my-agent", "--app-image", image, "--app-env", "PORT=8081"
        ).returncode
        == 0
    )
    for name in ("tagent-platform", "tagent-dashboard", "my-agent"):
        script = service(yaml.safe_load(project.read(f"run/{name}")))
        for here, there in zip(made[name].containers, script.containers, strict=True):
            assert (here.name, here.has_ports, here.depends_on, here.secret) == (
                there.name,
                there.has_ports,
                there.depends_on,
                there.secret,
            )
            assert {k: v for k, v in here.plain.items() if not v.startswith("https:")} == {
                k: v for k, v in there.plain.items() if not v.startswith("https:")
            }


@pytest.mark.parametrize("guide", GUIDES)
def test_links_lead_somewhere(guide: str) -> None:
    folder = (ROOT / guide).parent
    for target in re.findall(r"\]\(([^)#]+)\)", (ROOT / guide).read_text()):
        if "://" not in target:
            assert (folder / target).exists(), target


def test_commands_are_read_as_a_shell_would() -> None:
    assert words_of("a --b='c d' $PROJECT", dict(KNOWN)) == ["a", "--b=c d", "a-project"]
    with pytest.raises(AssertionError, match="NOPE is used before it is set"):
        words_of("a $NOPE", dict(KNOWN))
