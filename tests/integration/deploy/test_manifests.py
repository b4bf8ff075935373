"""What deploy.sh deploys keeps the rules, and is what Terraform would deploy."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tagent_dashboard.settings import read_dashboard_settings
from tagent_platform.settings import read_settings
from tagent_sidecar.options import Surroundings, parse_options
from tests.fakes.terraform_provider.workshop import TERRAFORM_FOLDER, Terraform
from tests.integration.deploy.cloud_project import CHAT, CloudProject, ok
from tests.integration.deploy.manifests import deployed, service
from tests.integration.deploy.plan import planned
from tests.integration.deploy.rules import Deployment, broken_rules


@pytest.fixture(scope="module")
def project(set_up_once: CloudProject, tmp_path_factory: pytest.TempPathFactory) -> CloudProject:
    made = set_up_once.copy(tmp_path_factory.mktemp("cloud") / "project")
    made.write("secrets/openai-key", "sk\n")
    ok(
        made.run(
            "deploy.sh",
            "--skip-setup",
            *CHAT,
            "--app-secret",
            "OPENAI_API_KEY=openai-key",
            "--dashboard-public",
            "--service-public",
        )
    )
    return made


def test_every_rule_holds(project: CloudProject) -> None:
    assert broken_rules(deployed(project)) == []


def test_terraform_deploys_the_same(project: CloudProject, terraform: Terraform) -> None:
    by_script = {each.name: each for each in deployed(project).services}
    by_terraform = {
        each.name: each for each in planned(terraform, TERRAFORM_FOLDER / "envs" / "dev").services
    }
    known_once_it_runs = {"TAGENT_URL", "TAGENT_PLATFORM_URL"}
    for name, one in by_script.items():
        for here, there in zip(one.containers, by_terraform[name].containers, strict=True):
            assert (here.name, here.has_ports, list(here.depends_on)) == (
                there.name,
                there.has_ports,
                list(there.depends_on),
            )
            assert (here.has_startup_probe, here.has_liveness_probe) == (
                there.has_startup_probe,
                there.has_liveness_probe,
            )
            assert here.secret == there.secret, name
            assert set(here.plain) == set(there.plain), name
            for variable in set(here.plain) - known_once_it_runs:
                assert here.plain[variable] == there.plain[variable], variable


def container(manifest: Any, name: str) -> Any:
    return next(
        each for each in manifest["spec"]["template"]["spec"]["containers"] if each["name"] == name
    )


def annotations(manifest: Any) -> Any:
    return manifest["spec"]["template"]["metadata"]["annotations"]


BREAKS: dict[str, tuple[Callable[[Any], object], str]] = {
    "two ways in": (
        lambda m: container(m, "app").update(ports=[{"containerPort": 8081}]),
        "exactly one container",
    ),
    "no probe": (lambda m: container(m, "app").pop("startupProbe"), "no start-up probe"),
    "no order": (
        lambda m: annotations(m).pop("run.googleapis.com/container-dependencies"),
        "must wait",
    ),
    "throttled": (
        lambda m: annotations(m).pop("run.googleapis.com/cpu-throttling"),
        "no CPU between requests",
    ),
    "a token": (
        lambda m: container(m, "sidecar")["env"].append({"name": "TAGENT_TOKEN", "value": "x"}),
        "in the clear",
    ),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_manifest_that_breaks_a_rule_is_found(project: CloudProject, name: str) -> None:
    spoil, complaint = BREAKS[name]
    manifest = copy.deepcopy(yaml.safe_load(project.read("run/chat")))
    spoil(manifest)
    rest = deployed(project)
    others = [each for each in rest.services if each.name != "chat"]
    found = broken_rules(Deployment([*others, service(manifest)], rest.grants))
    assert any(complaint in sentence for sentence in found)


def test_a_public_platform_is_found(deployed_project: CloudProject) -> None:
    project = deployed_project
    project.write("policies/run.tagent-platform", "roles/run.invoker\tallUsers\t\n")
    assert any("allUsers may call the platform" in each for each in broken_rules(deployed(project)))


def test_the_order_is_json_as_cloud_run_reads_it(project: CloudProject) -> None:
    text = annotations(yaml.safe_load(project.read("run/chat")))[
        "run.googleapis.com/container-dependencies"
    ]
    assert json.loads(text) == {"sidecar": ["app"]}


def test_both_ways_enable_the_same_apis_and_give_the_same_rights(
    project: CloudProject, terraform: Terraform
) -> None:
    listed = re.search(
        r"apis = \[(.*?)\]", (TERRAFORM_FOLDER / "modules/stack/main.tf").read_text(), re.DOTALL
    )
    assert listed is not None
    assert sorted(re.findall(r'"([^"]+)"', listed[1])) == sorted(project.read("apis").split())

    def rights(deployment: Deployment) -> set[tuple[str, str]]:
        # Members are known to Terraform only once their accounts are made; summary and the people are its test's own.
        found = {(each.on.partition(":")[0], each.role) for each in deployment.grants}
        return {(on, role) for on, role in found if on != "account"}

    by_terraform = rights(planned(terraform, TERRAFORM_FOLDER / "envs" / "dev"))
    assert rights(deployed(project)) == by_terraform


def test_each_part_starts_with_what_it_is_told(project: CloudProject) -> None:
    told = {
        each.name: {**each.plain, **dict.fromkeys(each.secret, "x" * 32)}
        for one in deployed(project).services
        for each in one.containers
    }
    platform = read_settings(environ=told["platform"])
    assert (platform.store, platform.firestore_project, platform.host) == (
        "firestore",
        "a-project",
        "0.0.0.0",
    )
    assert (platform.runtime, platform.cloud_run_project, platform.cloud_run_region) == (
        "cloud_run",
        "a-project",
        "us-central1",
    )
    dashboard = read_dashboard_settings({}, told["dashboard"])
    assert (dashboard.host, dashboard.port, dashboard.is_local) == ("0.0.0.0", 8501, False)
    # What Cloud Run tells the one container with a port, and every container.
    by_cloud_run = {"PORT": "8080", "K_SERVICE": "chat", "K_REVISION": "chat-00001"}
    sidecar = parse_options(
        ["run"], {**told["sidecar"], **by_cloud_run}, Surroundings(is_cloud_run=True)
    )
    assert sidecar.listen.text == "0.0.0.0:8080"
    assert (sidecar.service, sidecar.target.text, sidecar.check.path) == (
        "chat",
        "127.0.0.1:8081",
        "/healthz",
    )
    assert sidecar.platform is not None
