"""Notices that this process was not given the CPU for long, as Cloud Run does between requests unless it is always allocated.

A sidecar that does not run between requests neither checks nor reports nor ends its faults in time, so somebody has to be told.
"""

from __future__ import annotations

import asyncio
import logging
import time

log = logging.getLogger("tagent_sidecar")

INTERVAL_S = 1.0
GAP_S = 5.0
"""A wake-up that comes this much too late was not the machine's ordinary load."""
GAPS_MIN = 2
"""One may be a machine that was moved; it is said once, at the second."""


def is_gap(slept_s: float) -> bool:
    """Return whether a sleep of the interval took so long that the process cannot have run."""
    return slept_s - INTERVAL_S >= GAP_S


async def watch_cpu_gaps() -> None:
    """Watch until it has been said, or for ever."""
    gaps = 0
    while gaps < GAPS_MIN:
        before = time.monotonic()
        await asyncio.sleep(INTERVAL_S)
        slept_s = time.monotonic() - before
        gaps += is_gap(slept_s)
        if gaps == GAPS_MIN:
            log.warning(
                "this process did not run for %.0f s: Cloud Run takes the CPU away between requests; allocate it always "
                "(cpu_idle = false, or `gcloud run services update --no-cpu-throttling`), or health and reports stand still",
                slept_s,
            )
