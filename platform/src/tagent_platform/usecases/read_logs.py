"""Read the latest lines that a service wrote."""

from __future__ import annotations

from tagent_contract.services import LogEntry
from tagent_contract.times import format_time
from tagent_platform.ports.series import LogQuery
from tagent_platform.usecases.errors import InvalidError
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

    Raises NotFoundError, and InvalidError for an unknown level or a wrong limit.
    """
    service_named(platform, service)
    wanted = LogQuery(service, query, level, bounded_limit(limit))
    try:
        samples = await platform.series.logs(wanted)
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
