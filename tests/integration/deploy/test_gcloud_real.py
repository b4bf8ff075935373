"""Google's own command line, where it is installed, reads what our scripts say to it: every command and option, every format, every manifest.

Nothing is sent anywhere: the commands are parsed, not run. Flags change from release to release; this is how we hear of it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.deploy.cloud_project import CHAT, CloudProject, ok
from tests.integration.deploy.guides import GUIDES, commands

READER = Path(__file__).with_name("read_with_gcloud.py")
WRONG = [
    ["run", "services", "describe", "x", "--regio=us-central1"],
    ["firestore", "databases", "create", "--locatio=x"],
]

SAMPLES: list[tuple[str, object, str]] = [
    (
        "value(projectNumber)",
        {"projectId": "a-project", "projectNumber": "123456789012"},
        "123456789012",
    ),
    (
        "value(billingEnabled)",
        {"billingAccountName": "billingAccounts/1", "billingEnabled": True},
        "True",
    ),
    (
        "value(config.name)",
        {"config": {"name": "run.googleapis.com"}, "state": "ENABLED"},
        "run.googleapis.com",
    ),
    (
        "value(format)",
        {"format": "DOCKER", "name": "projects/p/locations/l/repositories/tagent"},
        "DOCKER",
    ),
    ("value(image_summary.digest)", {"image_summary": {"digest": "sha256:ab"}}, "sha256:ab"),
    ("value(type)", {"type": "FIRESTORE_NATIVE", "locationId": "nam5"}, "FIRESTORE_NATIVE"),
    ("value(locationId)", {"locationId": "nam5", "name": "projects/p/locations/nam5"}, "nam5"),
    ("value(email)", {"email": "a@p.iam.gserviceaccount.com"}, "a@p.iam.gserviceaccount.com"),
    (
        "value(email,description)",
        {"email": "a@p.iam", "description": "tagent=tagent"},
        "a@p.iam\ttagent=tagent",
    ),
    (
        "value(name.basename())",
        {"name": "projects/1/secrets/tagent-admin-token"},
        "tagent-admin-token",
    ),
    (
        "value(name.basename(),labels.tagent)",
        {"name": "projects/1/secrets/x", "labels": {"tagent": "tagent"}},
        "x\ttagent",
    ),
    (
        "value(metadata.name,metadata.labels.tagent)",
        {"metadata": {"name": "chat", "labels": {"tagent": "tagent"}}},
        "chat\ttagent",
    ),
    (
        'value(metadata.annotations."tagent.dev/manifest",status.latestCreatedRevisionName,status.latestReadyRevisionName)',
        {
            "metadata": {"annotations": {"tagent.dev/manifest": "ab"}},
            "status": {"latestCreatedRevisionName": "c-2", "latestReadyRevisionName": "c-1"},
        },
        "ab\tc-2\tc-1",
    ),
    (
        "value(bindings.role,bindings.members,bindings.condition.title)",
        {
            "bindings": [
                {"role": "roles/a", "members": ["user:x", "user:y"]},
                {"role": "roles/b", "members": ["user:x"], "condition": {"title": "t"}},
            ]
        },
        "roles/a\tuser:x\t\nroles/a\tuser:y\t\nroles/b\tuser:x\tt",
    ),
    (
        "value(dimensionsInfos.details.value,dimensionsInfos.applicableLocations.list())",
        {
            "quotaId": "CpuAllocPerProjectRegion",
            "dimensionsInfos": [
                {"applicableLocations": ["europe-west1"], "details": {"value": "1"}},
                {"applicableLocations": ["us-central1", "us-east1"], "details": {"value": "20000"}},
            ],
        },
        "1\teurope-west1\n20000\tus-central1,us-east1",
    ),
]


@dataclass(frozen=True)
class Reading:
    """What Google's command line made of everything of ours, in one go, since it takes a second to start."""

    said: set[tuple[str, ...]]
    refused: list[str]
    expressions: set[str]
    formatted: list[str]
    unknown: list[str]


@pytest.fixture(scope="module")
def reading(set_up_once: CloudProject, tmp_path_factory: pytest.TempPathFactory) -> Reading:
    command = shutil.which("gcloud")
    sdk = Path(command).resolve().parents[1] if command else Path("/nowhere")
    if not (sdk / "lib" / "googlecloudsdk").is_dir():
        pytest.skip("Google's gcloud is not on this machine")
    folder = tmp_path_factory.mktemp("cloud")
    project = _in_which_everything_was_said(set_up_once, folder / "project")
    said = {tuple(words) for words in project.calls if words[0] not in ("curl", "docker")}
    (folder / "any.yaml").write_text("kind: Service\n")
    by_hand = [
        [str(folder / "any.yaml") if word.endswith(".yaml") else word for word in words[1:]]
        for guide in GUIDES
        for words in commands(guide)
        if words[0] == "gcloud"
    ]
    assert len(by_hand) > 60
    options = {
        each[-1].removeprefix("--format="): each
        for words in said
        if (each := [word for word in words if word.startswith(("--format=", "--flatten="))])
    }
    manifests = [
        project.read(f"deployed/{name}") for name in ("tagent-platform", "tagent-dashboard", "chat")
    ]
    manifests.append(manifests[2].replace("startupProbe:", "startUpProbe:", 1))
    asked = {
        "commands": [*map(list, sorted(said)), *by_hand, *WRONG],
        "formats": [
            [options[expression], document]
            for expression, document, _ in SAMPLES
            if expression in options
        ],
        "manifests": manifests,
    }
    found = _read_with_gcloud(sdk, folder, asked)
    expressions = set(options) - {"json"}
    return Reading(said, found["commands"], expressions, found["formats"], found["manifests"])


def _in_which_everything_was_said(set_up_once: CloudProject, folder: Path) -> CloudProject:
    project = set_up_once.copy(folder)
    project.write("log", set_up_once.read("log"))
    project.write("secrets/openai-key", "sk\n")
    ok(project.run("setup.sh", "--read-logs", "--follow-operations"))
    project.run("setup.sh", "--check")
    ok(
        project.run(
            "deploy.sh",
            "--skip-setup",
            *CHAT,
            "--app-secret",
            "OPENAI_API_KEY=openai-key",
            "--app-arg",
            "c",
            "--platform-env",
            "TAGENT_LOG_LEVEL=debug",
            "--dashboard-public",
        )
    )
    shutil.copytree(folder / "run", folder / "deployed")
    ok(project.run("destroy.sh", "--yes", "--delete-data", "--delete-secrets", "--delete-images"))
    return project


def _read_with_gcloud(sdk: Path, folder: Path, asked: object) -> dict[str, list[str]]:
    bundled = sdk / "platform" / "bundledpythonunix" / "bin" / "python3"
    ended = subprocess.run(
        [bundled if bundled.exists() else sys.executable, READER, sdk / "lib"],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        timeout=100,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "CLOUDSDK_CONFIG": str(folder)},
    )
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout))


def test_every_command_and_option_is_one_that_gcloud_has(reading: Reading) -> None:
    assert len(reading.said) > 60
    assert reading.refused == [" ".join(words) for words in WRONG]


def test_every_format_says_what_the_scripts_read(reading: Reading) -> None:
    # Exactly the expressions that the scripts say, so that none of these goes stale and none is left out.
    assert reading.expressions == {expression for expression, _, _ in SAMPLES}
    assert reading.formatted == [wanted for _, _, wanted in SAMPLES]


def test_every_manifest_has_only_fields_that_cloud_run_has(reading: Reading) -> None:
    assert reading.unknown[:3] == ["", "", ""]
    assert "startUpProbe" in reading.unknown[3]
