"""What every kind of check shares: the clock, and failures turned into results."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from tagent_sidecar.checks.conversation import CheckFailedError
from tagent_sidecar.health.check_result import CheckOutcome, CheckResult, Side


async def look_within(
    side: Side,
    timeout_s: float,
    ask: Callable[[float, float], Awaitable[float]],
    clock: Callable[[], float] = time.monotonic,
) -> CheckResult:
    """Return what `ask` finds.

    It gets the starting time and the time-out, returns the latency in seconds, or raises CheckFailedError, or
    TimeoutError when the time is over.
    """
    started_at = clock()
    try:
        latency_s = await ask(started_at, timeout_s)
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
