"""Makes the Cloud Run runtime: with this machine's Google credentials, or towards a server on this machine without any."""

from __future__ import annotations

import asyncio

import google.auth
from google.auth import exceptions as auth
from google.auth.credentials import Credentials
from google.auth.transport import requests

from tagent_platform.adapters.runtime.cloud_run.calls import SCOPE, CloudRunCalls
from tagent_platform.adapters.runtime.cloud_run.log_entries import CloudLogs
from tagent_platform.adapters.runtime.cloud_run.places import MappingError, Places, read_mapping
from tagent_platform.adapters.runtime.cloud_run.runtime import CloudRunRuntime
from tagent_platform.ports.clock import Clock
from tagent_platform.ports.store import Store


class OpeningError(Exception):
    """The runtime cannot be used; one sentence that says why and what to do."""


async def open_cloud_run(
    store: Store, clock: Clock, *, project: str, region: str, mapping: str = "", endpoint: str = ""
) -> CloudRunRuntime:
    """Return the runtime; nothing is asked of Google yet. Raises OpeningError."""
    try:
        places = Places(project, region, read_mapping(mapping, project, region))
    except MappingError as error:
        raise OpeningError(f"TAGENT_CLOUD_RUN_SERVICES: {error}") from error
    if endpoint:
        logs = CloudLogs(None, None, f"http://{endpoint}")
        return CloudRunRuntime(store, CloudRunCalls(endpoint=endpoint), logs, places, clock)
    try:
        # It may ask the metadata server, which takes its time where there is none.
        credentials = await asyncio.to_thread(_credentials)
    except auth.GoogleAuthError as error:
        raise OpeningError(
            f"TAGENT_RUNTIME is cloud_run, and there are no Google credentials: run as a service account, or set "
            f"GOOGLE_APPLICATION_CREDENTIALS ({error})"
        ) from error
    logs = CloudLogs(credentials, requests.Request())
    return CloudRunRuntime(store, CloudRunCalls(credentials=credentials), logs, places, clock)


def _credentials() -> Credentials:
    credentials, _ = google.auth.default(scopes=[SCOPE])
    found: Credentials = credentials
    return found
