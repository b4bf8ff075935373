"""Read the latest lines that a service wrote."""

from __future__ import annotations

from collections.abc import Sequence

from tagent_contract.problems import ConflictReason
from tagent_contract.services import LogEntry
from tagent_contract.times import format_time
from tagent_platform.ports.runtime import RuntimeCapability, RuntimeFailureError
from tagent_platform.ports.series import LogQuery, LogSample
from tagent_platform.usecases.errors import InvalidError, RefusedError
from tagent_platform.usecases.lookups import service_named
from tagent_platform.usecases.pages import bounded_limit
from tagent_platform.usecases.platform import Platform

LINES_DEFAULT = 200


async def read_logs(
    platform: Platform,
    *,
    service: str,
    query: str = "",
    level: str | None = None,
    limit: int = LINES_DEFAULT,
) -> tuple[LogEntry, ...]:
    """Return the newest lines that hold `query` at that level or worse, the oldest of them first.

    Raises NotFoundError, InvalidError for an unknown level or a wrong limit, and RefusedError when only the runtime has lines and it
    does not give them.
    """
    service_named(platform, service)
    wanted = LogQuery(service, query, level, bounded_limit(limit))
    try:
        samples = await platform.series.logs(wanted) or await _of_runtime(platform, wanted)
    except ValueError as error:
        raise InvalidError("level", str(error)) from error
    return tuple(
        LogEntry(
            at=format_time(sample.at),
            instance=sample.instance,
            stream=sample.stream,
            level=sample.level,
            text=sample.text,
        )
        for sample in samples
    )


async def _of_runtime(platform: Platform, wanted: LogQuery) -> Sequence[LogSample]:
    """Return what the runtime kept: a sidecar that is not the service's parent has no line of it."""
    described = await platform.runtime.describe(wanted.service)
    if RuntimeCapability.LOGS not in described.capabilities:
        return ()
    try:
        return await platform.runtime.logs(wanted)
    except RuntimeFailureError as error:
        raise RefusedError(ConflictReason.UNSUPPORTED, str(error)) from error
