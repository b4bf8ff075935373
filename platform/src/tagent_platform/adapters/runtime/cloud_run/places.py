"""Which Cloud Run service a service is: by the settings, else by what its sidecars say. Pure.

A sidecar may say anything, so what it says holds only within the platform's own project, and only for a Cloud Run service that says that
it is this service (`belongs`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from google.cloud import run_v2

from tagent_contract.reports import Place
from tagent_platform.ports.runtime import ServiceNotThereError

RUNTIME = "cloud_run"
SERVICE_VARIABLE = "TAGENT_SERVICE"
SERVICE_FLAG = "--service"
_PATH = re.compile(r"projects/([^/]+)/locations/([^/]+)/services/([^/]+)")
_NAME = re.compile(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


class MappingError(ValueError):
    """The mapping of services is not one; a sentence for people."""


@dataclass(frozen=True, slots=True)
class RunService:
    """A Cloud Run service. `is_given`: the settings name it, so it need not say whose it is."""

    project: str
    region: str
    name: str
    is_given: bool = False

    @property
    def path(self) -> str:
        """Return its full name in the API."""
        return f"projects/{self.project}/locations/{self.region}/services/{self.name}"


@dataclass(frozen=True, slots=True)
class Places:
    """Where services are looked for."""

    project: str
    region: str
    given: Mapping[str, RunService] = field(default_factory=dict)
    """Service → the Cloud Run service that the settings name for it."""

    def find(self, service: str, reported: Iterable[Place]) -> RunService | None:
        """Return the Cloud Run service, None for a service that is not there. Raises ServiceNotThereError."""
        if service in self.given:
            return self.given[service]
        place = next((place for place in reported if place.runtime == RUNTIME), None)
        if place is None:
            return None
        if place.project not in ("", self.project):
            raise ServiceNotThereError(
                f"{service} runs in project {place.project}, and this platform acts in {self.project} alone; "
                "name it in TAGENT_CLOUD_RUN_SERVICES if it may be restarted"
            )
        return RunService(self.project, place.region or self.region, place.service)


def read_mapping(text: str, project: str, region: str) -> dict[str, RunService]:
    """Read `service=name,other=projects/P/locations/R/services/S`. Raises MappingError."""
    found: dict[str, RunService] = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        service, equals, name = (part.strip() for part in item.partition("="))
        path = _PATH.fullmatch(name)
        if not service or not equals or not (path or _NAME.fullmatch(name)):
            raise MappingError(
                f"{item!r} is not SERVICE=NAME or SERVICE=projects/P/locations/R/services/NAME"
            )
        if path:
            found[service] = RunService(path[1], path[2], path[3], is_given=True)
        else:
            found[service] = RunService(project, region, name, is_given=True)
    return found


def belongs(run_service: run_v2.Service, service: str) -> bool:
    """Return whether a Cloud Run service says that it is this service: by its name, or in a container's variable or arguments."""
    if run_service.name.rpartition("/")[2] == service:
        return True
    for container in run_service.template.containers:
        if any(env.name == SERVICE_VARIABLE and env.value == service for env in container.env):
            return True
        words = [*container.command, *container.args]
        if f"{SERVICE_FLAG}={service}" in words or (SERVICE_FLAG, service) in pairwise(words):
            return True
    return False
