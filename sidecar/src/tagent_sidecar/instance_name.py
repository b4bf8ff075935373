"""The name of this copy of the service: one that outlives restarts, by where it runs."""

from __future__ import annotations

import logging

from tagent_sidecar.options import Surroundings

log = logging.getLogger("tagent_sidecar")

METADATA_URL = "http://metadata.google.internal"
METADATA_TIMEOUT_S = 1.0


async def find_instance_name(surroundings: Surroundings, service: str, port: int) -> str:
    """Return Cloud Run's instance id, the pod's name or the container's hostname where there is one, else `service-port`."""
    if surroundings.is_cloud_run and (instance_id := await _cloud_run_instance_id()):
        return instance_id
    return surroundings.pod_name or surroundings.container_hostname or f"{service}-{port}"


async def _cloud_run_instance_id() -> str | None:
    from tagent_sidecar.platform_link.http import HttpClient, LinkError, parse_address

    client = HttpClient(parse_address(METADATA_URL), {"metadata-flavor": "Google"})
    try:
        answer = await client.request(
            "GET", "/computeMetadata/v1/instance/id", timeout_s=METADATA_TIMEOUT_S
        )
    except LinkError as error:
        log.warning("Cloud Run's metadata gives no instance id: %s", error)
        return None
    finally:
        await client.close()
    # The ids are longer than a name may be; their ends differ as much as their begins.
    return answer.body.decode("ascii", "replace").strip()[:200] if answer.status == 200 else None
