"""What every kind of check shares: the clock, the time-out, and failures turned into results."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from tagent_sidecar.checks.connection import CheckFailedError
from tagent_sidecar.health.check_result import CheckOutcome, CheckResult, Side


async def look_within(
    side: Side,
    timeout_s: float,
    ask: Callable[[float], Awaitable[float]],
    clock: Callable[[], float] = time.monotonic,
) -> CheckResult:
    """Return what `ask` finds: it gets the starting time, returns the latency in seconds, or raises CheckFailedError."""
    started_at = clock()
    try:
        async with asyncio.timeout(timeout_s):
            latency_s = await ask(started_at)
    except TimeoutError:
        return CheckResult(
            side, CheckOutcome.TIMED_OUT, started_at, detail=f"no answer within {timeout_s:g} s"
        )
    except CheckFailedError as error:
        return CheckResult(side, error.outcome, started_at, detail=str(error))
    except OSError as error:
        return CheckResult(
            side, CheckOutcome.BROKEN, started_at, detail=error.strerror or str(error)
        )
    return CheckResult(side, CheckOutcome.PASSED, started_at, latency_s)
