"""The life of a run.

    WAITING ──claimed──► RUNNING ──result──► ENDED
       │                    └──no heartbeat──► ENDED (aborted)
       └──stopped, or not claimed─────────────► ENDED (aborted)

A run that is to be stopped is only asked to: whoever runs it plays the rollbacks and says how it ended. Silence ends it
in any case, and with it every fault that carries its id. ENDED is never left.
"""

from __future__ import annotations

from msgspec.structs import replace

from tagent_contract.experiments import RunRequest, RunResult, RunState, Verdict
from tagent_platform.core.records import RunRecord


def begun(run_id: str, request: RunRequest, *, now: float, by: str) -> RunRecord:
    """Return a new run: RUNNING by whoever asked for it, or WAITING for a runner."""
    waiting = RunRecord(
        id=run_id,
        experiment=request.experiment,
        title=request.title,
        hypothesis=request.hypothesis,
        targets=tuple(sorted(set(request.targets))),
        state=RunState.WAITING,
        created_at=now,
        created_by=by,
        reason=request.reason,
        wanted=request.wanted,
    )
    return waiting if request.wait else claimed(waiting, runner=by, now=now)


def claimed(run: RunRecord, *, runner: str, now: float) -> RunRecord:
    """Return the run in a runner's hands."""
    return replace(run, state=RunState.RUNNING, runner=runner, started_at=now, heartbeat_at=now)


def beaten(run: RunRecord, *, progress: str, now: float) -> RunRecord:
    """Return the run after its runner said that it goes on."""
    return replace(run, heartbeat_at=now, progress=progress or run.progress)


def asked_to_stop(run: RunRecord, *, by: str, reason: str, now: float) -> RunRecord:
    """Return the run as it is once somebody wants it stopped; the first who does is remembered."""
    if run.state is RunState.WAITING:
        why = f"stopped by {by} before it began" + (f": {reason}" if reason else "")
        return ended(run, RunResult(verdict=Verdict.ABORTED, why=why), now)
    if run.state is RunState.ENDED or run.stop_asked_by is not None:
        return run
    return replace(run, stop_asked_by=by, stop_reason=reason)


def ended(run: RunRecord, result: RunResult, now: float) -> RunRecord:
    """Return the run with its result."""
    return replace(run, state=RunState.ENDED, ended_at=now, result=result)


def is_silent(run: RunRecord, *, now: float, listening_since: float, silence_s: float) -> bool:
    """Tell whether nobody runs it any more. Silence before `listening_since` proves nothing."""
    if run.state is not RunState.RUNNING:
        return False
    last_heard_at = max(run.heartbeat_at or run.created_at, listening_since)
    return now - last_heard_at >= silence_s


def given_up(run: RunRecord, *, silence_s: float, now: float) -> RunRecord:
    """Return a run whose runner has fallen silent."""
    why = f"{run.runner} said nothing of it for {silence_s:g} s"
    return ended(run, RunResult(verdict=Verdict.ABORTED, why=why), now)


def waits_too_long(run: RunRecord, *, now: float, waits_s: float) -> bool:
    """Tell whether no runner has taken it for so long that it would come as a surprise."""
    return run.state is RunState.WAITING and now - run.created_at >= waits_s


def not_taken(run: RunRecord, *, waits_s: float, now: float) -> RunRecord:
    """Return a run that no runner has taken."""
    why = f"no runner took it within {waits_s:g} s; is a `tagent chaos runner` there?"
    return ended(run, RunResult(verdict=Verdict.ABORTED, why=why), now)
