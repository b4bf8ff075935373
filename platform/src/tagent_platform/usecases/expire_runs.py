"""End the runs that nobody runs any more, or that nobody began. Called by the control loop."""

from __future__ import annotations

from functools import partial

from tagent_platform.core.experiments.runs import given_up, is_silent, not_taken, waits_too_long
from tagent_platform.core.records import RunRecord
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.platform import HEALING, Platform
from tagent_platform.usecases.run_ends import run_end


async def expire_runs(platform: Platform) -> None:
    """End each run whose heartbeat stopped, and its faults with it, and each that no runner took in time."""
    for found in list(platform.fleet.open_runs()):
        if _ended(platform, found.record) is not None:
            await commit_decision(platform, partial(_decide, platform, found.record.id))


def _decide(platform: Platform, run_id: str) -> Decision[None]:
    found = platform.store.get(RunRecord, run_id)
    over = None if found is None else _ended(platform, found.record)
    if found is None or over is None:
        return Decision(None)
    return Decision(None, *run_end(platform, found, over, HEALING))


def _ended(platform: Platform, run: RunRecord) -> RunRecord | None:
    """Return the run as it ends now, None while it goes on or may yet begin."""
    now, limits = platform.clock.now(), platform.limits
    if waits_too_long(run, now=now, waits_s=limits.run_waits_s):
        return not_taken(run, waits_s=limits.run_waits_s, now=now)
    is_over = is_silent(
        run,
        now=now,
        listening_since=platform.contacts.grace_from_at,
        silence_s=limits.run_silence_s,
    )
    return given_up(run, silence_s=limits.run_silence_s, now=now) if is_over else None
