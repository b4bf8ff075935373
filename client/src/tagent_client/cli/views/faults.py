"""Faults and their targets."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tagent_client.cli.views import looks
from tagent_client.cli.views.sheet import Cell, Sheet
from tagent_client.cli.views.words import NOTHING, age, count, left, time_of_day
from tagent_contract.faults import FaultBase, FaultState, FaultTarget, FaultView

Line = Sequence[Cell | str]
_SHARED = frozenset(FaultBase.__struct_fields__)


def faults_sheet(faults: Sequence[FaultView], now: float) -> Sheet:
    """One row a fault."""
    sheet = Sheet(
        ("ID", "SERVICE", "FAULT", "STATE", "LEFT", "INJECTED", "BY"),
        empty="No faults; `tagent inject SERVICE TYPE` makes one, `tagent faults --all` shows those that ended.",
        wide=frozenset({"SERVICE", "FAULT", "BY"}),
        optional=("BY",),
        right=frozenset({"INJECTED"}),
    )
    for view in faults:
        sheet.rows.append(
            (
                view.id,
                Cell(view.service, "strong"),
                describe(view.fault),
                looks.fault_state(view.state),
                _left(view, now),
                str(view.injected),
                view.created_by,
            )
        )
    return sheet


def _left(view: FaultView, now: float) -> str:
    if view.state.is_final:
        reason = view.end_reason.value.replace("_", " ") if view.end_reason else "ended"
        return f"{reason}, {age(view.ended_at, now)} ago" if view.ended_at else reason
    return left(view.expires_at, now)


def describe(fault: FaultBase) -> str:
    """Return the type and what was set about it beside the defaults: `latency latency_ms=800`."""
    given: list[str] = []
    for field in msgspec.structs.fields(fault):
        value = getattr(fault, field.name)
        if field.name in _SHARED:
            if field.name in ("scope", "probability", "healing") and value != field.default:
                given.append(f"{field.name}={_short(value)}")
        elif value is not None:
            given.append(f"{field.name}={_short(value)}")
    return " ".join([str(fault.__struct_config__.tag), *given])


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    text = str(value)
    return text if len(text) <= 40 else f"{text[:39]}…"


def targets_sheet(targets: Sequence[FaultTarget]) -> Sheet:
    """One row a target."""
    sheet = Sheet(
        ("INSTANCE", "STATE", "ACKNOWLEDGED", "FIRST AFFECTED", "ENDED", "INJECTED", "PASSED"),
        empty="It has no targets.",
        wide=frozenset({"INSTANCE", "ENDED"}),
        optional=("PASSED", "ACKNOWLEDGED"),
        right=frozenset({"INJECTED", "PASSED"}),
    )
    for target in targets:
        ended = time_of_day(target.ended_at) if target.ended_at else NOTHING
        if target.end_reason:
            ended += f" {target.end_reason.value.replace('_', ' ')}"
        sheet.rows.append(
            (
                Cell(target.instance, "strong"),
                looks.fault_state(target.state),
                time_of_day(target.acked_at) if target.acked_at else NOTHING,
                time_of_day(target.first_affected_at) if target.first_affected_at else NOTHING,
                ended,
                str(target.injected),
                str(target.passed),
            )
        )
    return sheet


def armed_line(view: FaultView, now: float) -> Line:
    """Say how far a fault that was just ordered has come."""
    acked = sum(1 for target in view.targets if target.acked_at is not None)
    what = (Cell(describe(view.fault), "strong"), " on ", Cell(view.service, "strong"))
    if view.state is FaultState.FAILED:
        details = {target.detail for target in view.targets if target.detail}
        return (*what, " ", Cell("failed", "bad"), f": {'; '.join(sorted(details)) or 'no detail'}")
    if view.state.is_final:
        reason = view.end_reason.value.replace("_", " ") if view.end_reason else "no reason given"
        return (*what, " is over already: ", reason)
    ends = f"ends by itself in {left(view.expires_at, now)}"
    if acked < len(view.targets):
        waiting = f"{acked} of {count(len(view.targets), 'instance')} acknowledged it"
        return (*what, " is ", Cell("armed", "busy"), f" ({waiting}), {ends}")
    return (*what, " is ", Cell("in force", "warn"), f" on {count(acked, 'instance')}, {ends}")


def next_line(view: FaultView) -> Line:
    """Say what can be done with a fault that was just ordered; one that is over cannot be ended."""
    shows = (Cell(f"tagent faults {view.id}", "dim"), " shows it")
    if view.state.is_final:
        return shows
    return (*shows, ", ", Cell(f"tagent clear {view.service}", "dim"), " ends it now")


def cleared_line(ended: Sequence[FaultView], service: str) -> Line:
    """Say what was cleared."""
    if not ended:
        return (Cell(service, "strong"), " has no faults to clear")
    kinds = ", ".join(view.type for view in ended)
    verb = "ends" if len(ended) == 1 else "end"
    return (f"{count(len(ended), 'fault')} on ", Cell(service, "strong"), f" {verb} now: {kinds}")
