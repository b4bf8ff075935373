"""Faults, incidents and attempts as the platform shows them."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from tagent_contract.faults import EndReason, Error, FaultState, FaultTarget, FaultView
from tagent_contract.incidents import (
    AttemptView,
    Cause,
    IncidentState,
    IncidentView,
    Outcome,
    Remedy,
    Severity,
)

AT = "2026-01-01T00:00:00.000Z"


def fault(**changes: Any) -> FaultView:
    """A fault that a restart has ended."""
    state = changes.pop("state", FaultState.CLEARED)
    end_reason = changes.pop("end_reason", EndReason.RESTARTED)
    target = FaultTarget(instance="chat-1", state=state, end_reason=end_reason, injected=7)
    whole = FaultView(
        id="f1",
        service="chat",
        type="error",
        fault=Error(),
        state=state,
        created_at=AT,
        expires_at=AT,
        created_by="ci",
        targets=(target,),
        end_reason=end_reason,
        injected=7,
    )
    return replace(whole, **changes)


def attempt(**changes: Any) -> AttemptView:
    """A restart by healing that cured."""
    whole = AttemptView(
        id="a1",
        number=1,
        remedy=Remedy.RESTART_INSTANCE,
        instance="chat-1",
        decided_at=AT,
        by="healing",
        outcome=Outcome.VERIFIED,
    )
    return replace(whole, **changes)


def incident(**changes: Any) -> IncidentView:
    """A resolved incident of fault f1."""
    whole = IncidentView(
        id="i1",
        service="chat",
        state=IncidentState.RESOLVED,
        severity=Severity.ERROR,
        cause=Cause.INJECTED,
        summary="chat fails",
        opened_at=AT,
        detected_at=AT,
        faults=("f1",),
    )
    return replace(whole, **changes)
