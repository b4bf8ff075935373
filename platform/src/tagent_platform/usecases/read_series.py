"""Read figures of a service over time."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tagent_contract.services import SeriesPoint, SeriesView
from tagent_contract.times import format_time
from tagent_platform.usecases.errors import InvalidError
from tagent_platform.usecases.lookups import service_named
from tagent_platform.usecases.platform import Platform

WINDOW_S_MAX = 86_400.0
STEP_S_MIN = 0.1
POINTS_MAX = 5000


async def read_series(
    platform: Platform, *, service: str, metrics: Sequence[str], window_s: float, step_s: float
) -> tuple[SeriesView, ...]:
    """Return for each metric one point per step of the latest `window_s`; a step in which nothing is known has no value.

    Raises NotFoundError, and InvalidError naming the known metrics, or the bound that was passed.
    """
    service_named(platform, service)
    _check("window_s", window_s, STEP_S_MIN, WINDOW_S_MAX)
    _check("step_s", step_s, STEP_S_MIN, WINDOW_S_MAX)
    if window_s / step_s > POINTS_MAX:
        raise InvalidError("step_s", f"gives more than {POINTS_MAX} points; take larger steps")
    end = platform.clock.now()
    try:
        found = await platform.series.query(service, metrics, end - window_s, end, step_s)
    except ValueError as error:
        raise InvalidError("metric", str(error)) from error
    return tuple(
        SeriesView(
            service=service,
            metric=metric,
            step_s=step_s,
            points=tuple(SeriesPoint(at=format_time(at), value=value) for at, value in points),
        )
        for metric, points in zip(metrics, found, strict=True)
    )


def _check(name: str, value: float, least: float, most: float) -> None:
    if not (math.isfinite(value) and least <= value <= most):
        raise InvalidError(name, f"is to be from {least:g} to {most:g}")
