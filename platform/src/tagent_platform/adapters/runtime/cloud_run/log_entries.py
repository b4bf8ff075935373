"""What a service's containers wrote, from Cloud Logging's REST API: a sidecar beside a container does not see its output."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx
from google.auth.credentials import Credentials
from google.auth.transport import Request

from tagent_platform.adapters.runtime.cloud_run.places import RunService
from tagent_platform.ports.runtime import (
    PermissionMissingError,
    QuotaExceededError,
    RuntimeFailureError,
    UnreachableError,
)
from tagent_platform.ports.series import LogQuery, LogSample

LOGGING_URL = "https://logging.googleapis.com"
TIMEOUT_S = 10.0
ENTRIES_MAX = 1000
_LEVELS = {
    "DEBUG": "debug",
    "WARNING": "warning",
    "ERROR": "error",
    **dict.fromkeys(("CRITICAL", "ALERT", "EMERGENCY"), "critical"),
}


class CloudLogs:
    """Reads the latest entries."""

    def __init__(
        self, credentials: Credentials | None, request: Request | None, url: str = LOGGING_URL
    ) -> None:
        """Without credentials nothing is signed, for a server on this machine."""
        self._credentials, self._request = credentials, request
        self._http = httpx.AsyncClient(base_url=url, timeout=TIMEOUT_S)

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def latest(self, service: RunService, query: LogQuery) -> Sequence[LogSample]:
        """Return the newest lines that fit, the oldest of them first."""
        asked = {
            "resourceNames": [f"projects/{service.project}"],
            "filter": entries_filter(service, query),
            "orderBy": "timestamp desc",
            "pageSize": min(query.limit, ENTRIES_MAX),
        }
        try:
            answer = await self._http.post(
                "/v2/entries:list", json=asked, headers=await self._headers()
            )
        except httpx.HTTPError as error:
            raise UnreachableError(f"Cloud Logging cannot be reached: {error}") from error
        if not answer.is_success:
            raise _refusal(answer, service)
        entries = answer.json().get("entries", [])
        return [line_of(query.service, entry) for entry in reversed(entries)]

    async def _headers(self) -> Mapping[str, str]:
        if self._credentials is None:
            return {}
        if not self._credentials.valid:
            await asyncio.to_thread(self._credentials.refresh, self._request)
        return {"authorization": f"Bearer {self._credentials.token}"}


def entries_filter(service: RunService, query: LogQuery) -> str:
    """Return what Cloud Logging is asked for: what the containers wrote, not the requests."""
    parts = [
        'resource.type="cloud_run_revision"',
        f'resource.labels.service_name="{service.name}"',
        f'resource.labels.location="{service.region}"',
        'logName=~"run.googleapis.com%2F(stdout|stderr)$"',
    ]
    if query.level is not None and query.level != "debug":
        parts.append(f"severity>={query.level.upper()}")
    if query.text:
        # JSON's way of writing a string is the filter's too.
        parts.append(json.dumps(query.text))
    return " ".join(parts)


def line_of(service: str, entry: Mapping[str, Any]) -> LogSample:
    """Return an entry as a line."""
    payload = entry.get("jsonPayload", {})
    text = entry.get("textPayload") or payload.get("message") or payload.get("msg") or str(payload)
    return LogSample(
        service=service,
        instance=entry.get("labels", {}).get("instanceId", ""),
        at=datetime.fromisoformat(entry["timestamp"]).timestamp(),
        stream="stderr" if entry.get("logName", "").endswith("stderr") else "stdout",
        level=_LEVELS.get(entry.get("severity", "DEFAULT"), "info"),
        text=str(text),
    )


def _refusal(answer: httpx.Response, service: RunService) -> RuntimeFailureError:
    said = " ".join(answer.text.split())[:200]
    match answer.status_code:
        case 401 | 403:
            return PermissionMissingError(
                f"the platform may not read the logs of {service.name}: give its service account roles/logging.viewer on project "
                f"{service.project} ({said})"
            )
        case 429:
            return QuotaExceededError(f"Cloud Logging's quota is used up; try again later ({said})")
        case status:
            return UnreachableError(f"Cloud Logging answered {status}: {said}")
