"""The rules hold for what each environment plans; and each rule is one that can be broken."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.fakes.terraform_provider.workshop import ROOT, TERRAFORM_FOLDER, Terraform
from tests.integration.deploy.plan import planned
from tests.integration.deploy.rules import Deployment, broken_rules

ENVIRONMENTS = ["dev", "prod"]


def by_name(deployment: Deployment) -> dict[str, list[str]]:
    return {
        each.name: [container.name for container in each.containers] for each in deployment.services
    }


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_rule_holds(terraform: Terraform, environment: str) -> None:
    deployment = planned(terraform, TERRAFORM_FOLDER / "envs" / environment)
    assert by_name(deployment) == {
        "tagent-platform": ["platform"],
        "tagent-dashboard": ["dashboard"],
        "chat": ["sidecar", "app"],
        "summary": ["sidecar", "app"],
    }
    assert broken_rules(deployment) == []


def test_the_platform_may_change_the_watched_services_and_nothing_else(
    terraform: Terraform,
) -> None:
    deployment = planned(terraform, TERRAFORM_FOLDER / "envs" / "prod")
    changes = sorted(grant.on for grant in deployment.grants if grant.role == "roles/run.developer")
    assert changes == ["run:chat", "run:summary"]
    callers = [grant.on for grant in deployment.grants if grant.role == "roles/run.invoker"]
    # Two sidecars, the dashboard, one group of people and the account it borrows, and the uptime check.
    assert callers.count("run:tagent-platform") == 6


def test_in_production_every_image_is_pinned(terraform: Terraform) -> None:
    deployment = planned(terraform, TERRAFORM_FOLDER / "envs" / "prod")
    images = [
        container.image for service in deployment.services for container in service.containers
    ]
    assert all(re.search(r"@sha256:[0-9a-f]{64}$", image) for image in images)


PLATFORM = "modules/platform/main.tf"
SERVICE = "modules/service_with_sidecar/main.tf"
APP_PORT = '      name    = "app"\n'
PROBE = re.compile(r"      # The sidecar waits.*?\n      \}\n\n", re.DOTALL)
IDLE = "cpu_idle          = false"
BREAKS: dict[str, tuple[str, str | re.Pattern[str], str, str]] = {
    "two ways in": (
        SERVICE,
        APP_PORT,
        APP_PORT + "      ports {\n        container_port = 8081\n      }\n",
        "exactly one container must have ports",
    ),
    "the app is waited for unprobed": (
        SERVICE,
        PROBE,
        "",
        "app is waited for and has no start-up probe",
    ),
    "the sidecar does not wait": (
        SERVICE,
        '      depends_on = ["app"]\n',
        "",
        "sidecar must wait for what it stands before",
    ),
    "waiting for nobody": (
        SERVICE,
        'depends_on = ["app"]',
        'depends_on = ["application"]',
        "waits for application, which is not there",
    ),
    "the sidecar is throttled": (
        SERVICE,
        IDLE,
        "cpu_idle          = true",
        "sidecar has no CPU between requests",
    ),
    "the platform is throttled": (PLATFORM, IDLE, "", "platform has no CPU between requests"),
    "a probe that faults fail": (
        SERVICE,
        "      # No liveness probe: a `down` fault would fail it.\n",
        "      liveness_probe {\n        http_get {}\n      }\n",
        "liveness probe on sidecar",
    ),
    "everybody calls the platform": (
        PLATFORM,
        "  member   = each.value\n",
        '  member   = "allUsers"\n',
        "allUsers may call the platform",
    ),
    "nobody looks who calls": (
        PLATFORM,
        "  name                = var.name\n",
        "  name                = var.name\n  invoker_iam_disabled = true\n",
        "Google must check who calls",
    ),
    "a token in the clear": (
        PLATFORM,
        'TAGENT_HOST               = "0.0.0.0"',
        'TAGENT_ADMIN_TOKEN = "abc"',
        "TAGENT_ADMIN_TOKEN of platform is a secret in the clear",
    ),
    "a token by another name": (
        PLATFORM,
        'TAGENT_HOST               = "0.0.0.0"',
        f'TAGENT_HOST = "{"0123456789abcdef" * 4}"',
        "TAGENT_HOST of platform is a secret in the clear",
    ),
    "a secret's value in the state": (
        "modules/secrets/main.tf",
        "locals {\n",
        'resource "google_secret_manager_secret_version" "value" {\n  secret = "admin"\n  secret_data = "abc"\n}\n\nlocals {\n',
        "keeps a secret's value in the state",
    ),
    "rights on everything": (
        "modules/service_accounts/main.tf",
        '["roles/logging.logWriter"',
        '["roles/run.developer", "roles/logging.logWriter"',
        "roles/run.developer on the whole project",
    ),
    "every database": (
        "modules/service_accounts/main.tf",
        re.compile(r"  condition \{.*?\n  \}\n", re.DOTALL),
        "",
        "must be narrowed to one database",
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_rule_that_is_broken_is_found(terraform: Terraform, tmp_path: Path, name: str) -> None:
    path, right, wrong, complaint = BREAKS[name]
    copy = tmp_path / "terraform"
    shutil.copytree(TERRAFORM_FOLDER, copy)
    shutil.copytree(ROOT / "deploy" / "firestore", tmp_path / "deploy" / "firestore")
    text = (copy / path).read_text()
    changed = (
        right.sub(wrong, text, count=1)
        if isinstance(right, re.Pattern)
        else text.replace(right, wrong, 1)
    )
    assert changed != text, f"{path} has changed: this test breaks nothing any more"
    (copy / path).write_text(changed)
    assert any(
        complaint in sentence
        for sentence in broken_rules(planned(terraform, copy / "envs" / "dev"))
    )
