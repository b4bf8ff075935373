"""Which Cloud Run service and revision this is, so that the platform knows what to restart."""

from __future__ import annotations

import asyncio
import logging

from tagent_contract.reports import Place
from tagent_sidecar.metadata_server import MetadataServer
from tagent_sidecar.options import Surroundings
from tagent_sidecar.platform_link.http import LinkError

log = logging.getLogger("tagent_sidecar")

CLOUD_RUN = "cloud_run"
LENGTH_MAX = 100


async def find_place(surroundings: Surroundings, metadata: MetadataServer) -> Place | None:
    """Return what runs us, None when that is nobody who tells."""
    if not surroundings.is_cloud_run:
        return None
    project, region = await asyncio.gather(
        _known(metadata, "project/project-id"), _known(metadata, "instance/region")
    )
    return Place(
        runtime=CLOUD_RUN,
        service=surroundings.run_service[:LENGTH_MAX],
        revision=surroundings.run_revision[:LENGTH_MAX],
        project=project,
        # It comes as projects/NUMBER/regions/NAME.
        region=region.rpartition("/")[2],
    )


async def _known(metadata: MetadataServer, name: str) -> str:
    """Return a value, empty when nobody says it: the platform then takes its own."""
    try:
        return (await metadata.get(name))[:LENGTH_MAX]
    except LinkError as error:
        log.warning("Cloud Run's metadata gives no %s: %s", name, error)
        return ""
