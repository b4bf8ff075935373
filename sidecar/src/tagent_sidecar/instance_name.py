"""The name of this copy of the service: one that outlives restarts, by where it runs."""

from __future__ import annotations

import logging

from tagent_sidecar.metadata_server import MetadataServer
from tagent_sidecar.options import Surroundings
from tagent_sidecar.platform_link.http import LinkError

log = logging.getLogger("tagent_sidecar")

NAME_LENGTH_MAX = 200
"""Cloud Run's ids are longer than a name may be; their begins differ as much as their ends."""


async def find_instance_name(
    surroundings: Surroundings, metadata: MetadataServer, service: str, port: int
) -> str:
    """Return Cloud Run's instance id, the pod's name or the container's hostname where there is one, else `service-port`."""
    if surroundings.is_cloud_run and (instance_id := await _cloud_run_instance_id(metadata)):
        return instance_id
    return surroundings.pod_name or surroundings.container_hostname or f"{service}-{port}"


async def _cloud_run_instance_id(metadata: MetadataServer) -> str | None:
    try:
        return (await metadata.get("instance/id"))[:NAME_LENGTH_MAX] or None
    except LinkError as error:
        log.warning("Cloud Run's metadata gives no instance id: %s", error)
        return None
