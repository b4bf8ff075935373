"""End the runs that nobody runs any more. Called by the control loop."""

from __future__ import annotations

from functools import partial

from tagent_platform.core.experiments.runs import given_up, is_silent
from tagent_platform.core.records import RunRecord
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.platform import HEALING, Platform
from tagent_platform.usecases.run_ends import run_end


async def expire_runs(platform: Platform) -> None:
    """End each run whose heartbeat stopped, and its faults with it."""
    for found in list(platform.fleet.open_runs()):
        if _is_silent(platform, found.record):
            await commit_decision(platform, partial(_decide, platform, found.record.id))


def _decide(platform: Platform, run_id: str) -> Decision[None]:
    found = platform.store.get(RunRecord, run_id)
    if found is None or not _is_silent(platform, found.record):
        return Decision(None)
    silence_s = platform.limits.run_silence_s
    run = given_up(found.record, silence_s=silence_s, now=platform.clock.now())
    return Decision(None, *run_end(platform, found, run, HEALING))


def _is_silent(platform: Platform, run: RunRecord) -> bool:
    return is_silent(
        run,
        now=platform.clock.now(),
        listening_since=platform.contacts.grace_from_at,
        silence_s=platform.limits.run_silence_s,
    )
