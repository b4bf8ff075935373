"""The manifests that deploy.sh wrote, read into what the rules are about."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from tests.integration.deploy.cloud_project import CloudProject
from tests.integration.deploy.rules import Container, Deployment, Grant, Service

POLICY_OF = {"project": "project", "run": "run", "secret": "secret", "account": "account"}


def deployed(project: CloudProject) -> Deployment:
    """Return what runs in the project and who may what there."""
    return Deployment(
        services=[
            service(yaml.safe_load(path.read_text()))
            for path in sorted((project.folder / "run").iterdir())
        ],
        grants=list(_grants(project)),
    )


def service(manifest: Mapping[str, Any]) -> Service:
    """Return one manifest of Cloud Run's first API as a service."""
    template = manifest["spec"]["template"]
    annotations = template["metadata"]["annotations"]
    dependencies = json.loads(annotations.get("run.googleapis.com/container-dependencies", "{}"))
    always = annotations.get("run.googleapis.com/cpu-throttling") == "false"
    return Service(
        name=manifest["metadata"]["name"],
        containers=[
            _container(each, dependencies, always) for each in template["spec"]["containers"]
        ],
        checks_callers="run.googleapis.com/invoker-iam-disabled"
        not in manifest["metadata"]["annotations"],
    )


def _container(
    each: Mapping[str, Any], dependencies: Mapping[str, list[str]], always: bool
) -> Container:
    env = each.get("env", [])
    return Container(
        name=each["name"],
        image=each["image"],
        has_ports=bool(each.get("ports")),
        depends_on=dependencies.get(each["name"], ()),
        has_startup_probe="startupProbe" in each,
        has_liveness_probe="livenessProbe" in each,
        is_cpu_always_allocated=always,
        plain={one["name"]: one["value"] for one in env if "value" in one},
        secret={
            one["name"]: one["valueFrom"]["secretKeyRef"]["name"]
            for one in env
            if "valueFrom" in one
        },
    )


def _grants(project: CloudProject) -> Any:
    for path in sorted((project.folder / "policies").iterdir()):
        kind, _, name = path.name.partition(".")
        for line in path.read_text().splitlines():
            role, member, condition = line.split("\t")
            on = "project" if kind == "project" else f"{kind}:{name}"
            yield Grant(on, role, member, has_condition=bool(condition))
