"""Terraform's plan, read into what the rules are about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.fakes.terraform_provider.workshop import Terraform
from tests.integration.deploy.rules import Container, Deployment, Grant, Service


def planned(terraform: Terraform, environment: Path) -> Deployment:
    """Return what the environment's own test plans, every variable and module resolved."""
    ended = terraform.run(environment, "test", "-json", "-verbose")
    lines = [json.loads(line) for line in ended.output.splitlines()]
    assert ended.returncode == 0, "\n".join(line["@message"] for line in lines)
    plan = next(line["test_plan"] for line in lines if line["type"] == "test_plan")
    resources = [(each["type"], each["change"]) for each in plan["resource_changes"]]
    return Deployment(
        services=[
            _service(change["after"])
            for kind, change in resources
            if kind == "google_cloud_run_v2_service"
        ],
        grants=[_grant(kind, change) for kind, change in resources if kind.endswith("_iam_member")],
        secret_values=[
            f"{kind} keeps a secret's value in the state"
            for kind, change in resources
            if kind == "google_secret_manager_secret_version" and change["after"].get("secret_data")
        ],
    )


def _service(after: Mapping[str, Any]) -> Service:
    return Service(
        name=after["name"],
        containers=[_container(each) for each in after["template"][0]["containers"]],
        checks_callers=not after["invoker_iam_disabled"],
    )


def _container(each: Mapping[str, Any]) -> Container:
    env = each["env"] or []
    return Container(
        name=each["name"],
        image=each["image"],
        has_ports=bool(each["ports"]),
        depends_on=each["depends_on"] or (),
        has_startup_probe=bool(each["startup_probe"]),
        has_liveness_probe=bool(each["liveness_probe"]),
        is_cpu_always_allocated=bool(each["resources"])
        and each["resources"][0]["cpu_idle"] is False,
        plain={one["name"]: one.get("value") or "" for one in env if not one["value_source"]},
        secret={
            one["name"]: one["value_source"][0]["secret_key_ref"][0]["secret"]
            for one in env
            if one["value_source"]
        },
    )


def _grant(kind: str, change: Mapping[str, Any]) -> Grant:
    after = change["after"]
    on = {
        "google_project_iam_member": lambda: "project",
        "google_cloud_run_v2_service_iam_member": lambda: f"run:{after['name']}",
        "google_secret_manager_secret_iam_member": lambda: f"secret:{after['secret_id']}",
        "google_service_account_iam_member": lambda: f"account:{after.get('service_account_id')}",
    }[kind]()
    return Grant(on, after["role"], after.get("member"), has_condition=bool(after.get("condition")))
