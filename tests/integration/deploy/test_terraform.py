"""What Terraform itself says of every module and environment, offline: style, schema, and their own tests."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.fakes.terraform_provider.workshop import ROOT, TERRAFORM_FOLDER, Terraform

FOLDERS = sorted(
    str(path.relative_to(TERRAFORM_FOLDER))
    for path in [*TERRAFORM_FOLDER.glob("modules/*"), *TERRAFORM_FOLDER.glob("envs/*")]
)
MODULES = [name for name in FOLDERS if name.startswith("modules/")]


def test_the_modules_are_those_that_the_readme_names() -> None:
    told = re.findall(
        r"^\| `modules/(\w+)`", (TERRAFORM_FOLDER / "README.md").read_text(), re.MULTILINE
    )
    assert sorted(f"modules/{name}" for name in told) == MODULES


def test_everything_is_formatted(terraform: Terraform) -> None:
    ended = terraform.run(TERRAFORM_FOLDER, "fmt", "-check", "-diff", "-recursive", "-no-color")
    assert ended.returncode == 0, ended.output


@pytest.mark.parametrize("folder", FOLDERS)
def test_valid_against_the_providers_schema_and_its_own_tests_pass(
    terraform: Terraform, folder: str
) -> None:
    ended = terraform.run(TERRAFORM_FOLDER / folder, "validate", "-no-color")
    assert ended.returncode == 0, ended.output
    ended = terraform.run(TERRAFORM_FOLDER / folder, "test", "-no-color")
    assert ended.returncode == 0, ended.output
    passed = re.search(r"^Success! ([1-9]\d*) passed, 0 failed\.$", ended.output, re.MULTILINE)
    assert passed, f"no test ran:\n{ended.output}"


# A check that cannot fail checks nothing: each of these mistakes must be found.
MISTAKES = {
    "an attribute's name": (
        "platform",
        "cpu_idle          = false",
        "cpu_idel          = false",
        "Unsupported argument",
    ),
    "a block's name": ("platform", "startup_probe {", "start_up_probe {", "Unsupported block type"),
    "a missing argument": (
        "platform",
        "  location            = var.region\n",
        "",
        "Missing required argument",
    ),
    "a missing block": (
        "firestore",
        "  location_id                       = var.location_id\n",
        "",
        "Missing required argument",
    ),
    "a wrong type": (
        "platform",
        "container_port = local.port",
        'container_port = "all"',
        "Incorrect attribute value type",
    ),
    "a resource's type": (
        "secrets",
        '"google_secret_manager_secret" "this"',
        '"google_secret_manager_secrets" "this"',
        "Invalid resource type",
    ),
    "an attribute to read": (
        "platform",
        "google_cloud_run_v2_service.this.uri",
        "google_cloud_run_v2_service.this.url",
        "Unsupported attribute",
    ),
    "a block twice": (
        "firestore",
        "  index_config {\n",
        "  index_config {}\n  index_config {\n",
        "Too many index_config blocks",
    ),
    "a value that is none": (
        "platform",
        '"EXECUTION_ENVIRONMENT_GEN2"',
        '"GEN2"',
        "expected execution_environment to be one of",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_found(terraform: Terraform, tmp_path: Path, mistake: str) -> None:
    module, right, wrong, complaint = MISTAKES[mistake]
    copy = tmp_path / module
    shutil.copytree(TERRAFORM_FOLDER / "modules" / module, copy)
    shutil.rmtree(copy / "tests")
    found = [path for path in copy.glob("*.tf") if right in path.read_text()]
    assert len(found) == 1, f"{right!r} is not in {module} any more"
    found[0].write_text(found[0].read_text().replace(right, wrong, 1))
    ended = terraform.run(copy, "validate", "-no-color")
    assert ended.returncode == 1
    assert complaint in ended.output


def test_modules_bring_no_provider_and_no_backend_of_their_own() -> None:
    for path in TERRAFORM_FOLDER.glob("modules/**/*.tf"):
        assert not re.search(r'^\s*(provider|backend)\s+"', path.read_text(), re.MULTILINE), path


def test_every_variable_and_output_is_explained_and_typed() -> None:
    for path in [
        *TERRAFORM_FOLDER.glob("*/*/variables.tf"),
        *TERRAFORM_FOLDER.glob("*/*/outputs.tf"),
    ]:
        blocks = re.findall(
            r'^(variable|output) "(\w+)" \{\n(.*?)^\}', path.read_text(), re.MULTILINE | re.DOTALL
        )
        assert blocks, path
        for kind, name, body in blocks:
            assert re.search(r"^  description +=", body, re.MULTILINE), f"{path}: {name}"
            assert kind == "output" or re.search(r"^  type +=", body, re.MULTILINE), (
                f"{path}: {name}"
            )


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_the_example_of_an_environments_values_can_be_used(
    terraform: Terraform, tmp_path: Path, environment: str
) -> None:
    copy = tmp_path / "terraform"
    shutil.copytree(TERRAFORM_FOLDER, copy)
    shutil.copytree(ROOT / "deploy" / "firestore", tmp_path / "deploy" / "firestore")
    folder = copy / "envs" / environment
    uncommented = [
        line.removeprefix("# ") if re.match(r"# (services|  |\})", line) else line
        for line in (folder / "terraform.tfvars.example").read_text().splitlines()
    ]
    (folder / "terraform.tfvars").write_text("\n".join(uncommented) + "\n")
    (folder / "tests" / f"{environment}.tftest.hcl").write_text(
        'mock_provider "google" {}\nrun "example" {\n  command = plan\n}\n'
    )
    ended = terraform.run(folder, "test", "-no-color")
    assert ended.returncode == 0, ended.output
    assert "Success! 1 passed" in ended.output
    assert "undeclared" not in ended.output


def test_the_alert_looks_for_what_the_platform_says() -> None:
    filters = (TERRAFORM_FOLDER / "modules/alerting/main.tf").read_text()
    looked_for = re.search(r'jsonPayload\.message=~\\"\^([^\\]+)\\"', filters)
    assert looked_for
    assert f'"{looked_for[1]}' in (ROOT / "platform/src/tagent_platform/loop.py").read_text()
