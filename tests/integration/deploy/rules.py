"""What must hold of everything that we put on Cloud Run, whoever puts it there: pure, over one description of a service.

Terraform's plan and the manifests of deploy/gcloud are both read into it (`plan.py`, `manifests.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

EVERYBODY = frozenset({"allUsers", "allAuthenticatedUsers"})
SECRET_NAME = re.compile(r"(TOKEN|SECRET|PASSWORD|KEY)$")
SECRET_VALUE = re.compile(r"[A-Za-z0-9+/_-]{32,}")
ALLOWED_ON_THE_PROJECT = frozenset(
    {
        "roles/datastore.user",
        "roles/logging.logWriter",
        "roles/logging.viewer",
        "roles/monitoring.metricWriter",
        "roles/run.viewer",
    }
)
NEEDS_A_CONDITION = "roles/datastore.user"


@dataclass(frozen=True)
class Container:
    """One container of a service."""

    name: str
    image: str
    has_ports: bool
    depends_on: Sequence[str]
    has_startup_probe: bool
    has_liveness_probe: bool
    is_cpu_always_allocated: bool
    plain: Mapping[str, str]
    """Variables whose values stand there for everybody to read."""
    secret: Mapping[str, str]
    """Variables that name a secret."""


@dataclass(frozen=True)
class Service:
    """One Cloud Run service."""

    name: str
    containers: Sequence[Container]
    checks_callers: bool = True
    """Whether Google asks for `roles/run.invoker` at all."""


@dataclass(frozen=True)
class Grant:
    """One member's role on one thing."""

    on: str
    """`project`, or `run:NAME`, `secret:NAME`, `account:NAME`."""
    role: str
    member: str | None
    """None: known only once it is made."""
    has_condition: bool = False


@dataclass(frozen=True)
class Deployment:
    """Everything that is put there."""

    services: Sequence[Service]
    grants: Sequence[Grant]
    secret_values: Sequence[str] = field(default=())
    """Where a secret's value would be kept in the clear."""


def broken_rules(deployment: Deployment) -> list[str]:
    """Return what does not hold, one sentence each."""
    found = [*deployment.secret_values]
    for service in deployment.services:
        found += _ingress(service)
        found += _start_order(service)
        found += _cpu(service)
        found += _secrets(service)
    return [*found, *_platform_is_private(deployment), *_rights(deployment)]


def _ingress(service: Service) -> Iterator[str]:
    ways_in = [each.name for each in service.containers if each.has_ports]
    if len(ways_in) != 1:
        yield f"{service.name}: exactly one container must have ports, not {ways_in}"
    sidecars = [each for each in service.containers if "TAGENT_TARGET" in each.plain]
    for sidecar in sidecars:
        if not sidecar.has_ports:
            yield f"{service.name}: requests must come in through {sidecar.name}"
        if sidecar.has_liveness_probe:
            yield f"{service.name}: a liveness probe on {sidecar.name} would be failed by a fault"


def _start_order(service: Service) -> Iterator[str]:
    by_name = {each.name: each for each in service.containers}
    for container in service.containers:
        for name in container.depends_on:
            if name not in by_name:
                yield f"{service.name}: {container.name} waits for {name}, which is not there"
            elif not by_name[name].has_startup_probe:
                yield f"{service.name}: {name} is waited for and has no start-up probe"
        if "TAGENT_TARGET" in container.plain and not container.depends_on:
            yield f"{service.name}: {container.name} must wait for what it stands before"


def _cpu(service: Service) -> Iterator[str]:
    for container in service.containers:
        if not container.is_cpu_always_allocated:
            yield f"{service.name}: {container.name} has no CPU between requests"


def _secrets(service: Service) -> Iterator[str]:
    for container in service.containers:
        for name, value in container.plain.items():
            if SECRET_NAME.search(name) or SECRET_VALUE.fullmatch(value):
                yield f"{service.name}: {name} of {container.name} is a secret in the clear"


def _platform_is_private(deployment: Deployment) -> Iterator[str]:
    names = {each.name for each in deployment.services if _is_platform(each)}
    if len(names) != 1:
        yield f"there must be one platform, not {sorted(names)}"
    for service in deployment.services:
        if service.name in names and not service.checks_callers:
            yield f"{service.name}: Google must check who calls the platform"
    for grant in deployment.grants:
        if grant.member in EVERYBODY and grant.on.removeprefix("run:") in names:
            yield f"{grant.on}: {grant.member} may call the platform"


def _is_platform(service: Service) -> bool:
    return any("TAGENT_STORE" in container.plain for container in service.containers)


def _rights(deployment: Deployment) -> Iterator[str]:
    for grant in deployment.grants:
        if grant.on == "project" and grant.role not in ALLOWED_ON_THE_PROJECT:
            yield f"{grant.role} on the whole project is too much"
        if grant.on == "project" and grant.role == NEEDS_A_CONDITION and not grant.has_condition:
            yield f"{grant.role} must be narrowed to one database"
        if grant.member in EVERYBODY and not grant.on.startswith("run:"):
            yield f"{grant.on}: {grant.member} has {grant.role}"
