"""Let go of what nobody needs any more. Called by the control loop, now and then."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from tagent_contract.experiments import RunState
from tagent_contract.incidents import IncidentState
from tagent_platform.core.faults import is_live, last_ended_at
from tagent_platform.core.records import (
    BudgetRecord,
    FaultRecord,
    IncidentRecord,
    ReceiptRecord,
    RunRecord,
    TokenRecord,
)
from tagent_platform.ports.store import Change, Versioned
from tagent_platform.usecases.commits import Decision, commit_decision
from tagent_platform.usecases.platform import Platform

CHANGES_A_COMMIT_MAX = 200
BUDGET_KEPT_S = 86_400.0

R = TypeVar("R", FaultRecord, IncidentRecord, RunRecord)


async def prune_records(platform: Platform) -> int:
    """Delete the oldest ended faults, resolved incidents and ended runs beyond what is kept, old receipts and budgets, expired tokens; return how many.

    A fault that an unresolved incident names is kept with it. Events are not touched.
    """

    def decide() -> Decision[int]:
        changes = _surplus(platform)[:CHANGES_A_COMMIT_MAX]
        return Decision(len(changes), changes)

    return await commit_decision(platform, decide)


def _surplus(platform: Platform) -> list[Change]:
    limits, now = platform.limits, platform.clock.now()
    store = platform.store
    receipts = store.all(ReceiptRecord)
    budgets = store.all(BudgetRecord)
    return [
        *_beyond(FaultRecord, _ended_faults(platform), limits.ended_faults_kept, _fault_end),
        *_beyond(
            IncidentRecord,
            _resolved_incidents(platform),
            limits.resolved_incidents_kept,
            _incident_end,
        ),
        *_beyond(RunRecord, _ended_runs(platform), limits.ended_runs_kept, _run_end),
        *(
            Change(ReceiptRecord, key, None, versioned.version)
            for key, versioned in receipts.items()
            if now - versioned.record.at > limits.receipts_kept_s
        ),
        *(
            Change(BudgetRecord, key, None, versioned.version)
            for key, versioned in budgets.items()
            if now - max(versioned.record.restarts, default=0.0) > BUDGET_KEPT_S
        ),
        *(
            Change(TokenRecord, key, None, versioned.version)
            for key, versioned in store.all(TokenRecord).items()
            if versioned.record.expires_at is not None and now >= versioned.record.expires_at
        ),
    ]


def _ended_faults(platform: Platform) -> list[tuple[str, Versioned[FaultRecord]]]:
    named = {
        fault_id
        for versioned in platform.store.all(IncidentRecord).values()
        if versioned.record.state is not IncidentState.RESOLVED
        for fault_id in versioned.record.faults
    }
    return [
        (key, versioned)
        for key, versioned in platform.store.all(FaultRecord).items()
        if key not in named and not is_live(versioned.record)
    ]


def _resolved_incidents(platform: Platform) -> list[tuple[str, Versioned[IncidentRecord]]]:
    return [
        (key, versioned)
        for key, versioned in platform.store.all(IncidentRecord).items()
        if versioned.record.state is IncidentState.RESOLVED
    ]


def _ended_runs(platform: Platform) -> list[tuple[str, Versioned[RunRecord]]]:
    return [
        (key, versioned)
        for key, versioned in platform.store.all(RunRecord).items()
        if versioned.record.state is RunState.ENDED
    ]


def _run_end(record: RunRecord) -> float:
    return record.ended_at or record.created_at


def _fault_end(record: FaultRecord) -> float:
    return last_ended_at(record) or record.created_at


def _incident_end(record: IncidentRecord) -> float:
    return record.resolved_at or record.opened_at


def _beyond(
    kind: type[R],
    found: Iterable[tuple[str, Versioned[R]]],
    kept: int,
    ended_at: Callable[[R], float],
) -> list[Change]:
    newest = sorted(found, key=lambda item: ended_at(item[1].record), reverse=True)
    return [Change(kind, key, None, versioned.version) for key, versioned in newest[kept:]]
