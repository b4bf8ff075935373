"""Faults as a list, and what is to be said of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tagent_contract.faults import FaultState, FaultTarget, FaultView, Healing, Scope
from tagent_dashboard.live.snapshot import Snapshot
from tagent_dashboard.views.fault_details import ACKNOWLEDGED_WITHIN_S, fault_title
from tagent_dashboard.views.reasons import END_REASONS
from tagent_dashboard.views.times import (
    UNKNOWN,
    ago,
    clock,
    count_down,
    duration,
    moment,
    seconds,
    when,
)

_SCOPES = {
    Scope.INSTANCE: "instance: a bug that a restart cures",
    Scope.SERVICE: "service: a failure outside, which no restart cures",
}
_HEALING = {
    Healing.ACT: "acts by itself",
    Healing.OBSERVE: "watches, and leaves the act to a person",
    Healing.SUPPRESS: "opens no incident",
}


@dataclass(frozen=True, slots=True)
class FaultFilter:
    """Which faults are asked for; what is empty asks for all."""

    only_running: bool = False
    service: str = ""
    type: str = ""

    def matches(self, fault: FaultView) -> bool:
        """Tell whether it is asked for."""
        return (
            not (self.only_running and fault.state.is_final)
            and self.service in ("", fault.service)
            and self.type in ("", fault.type)
        )

    @property
    def is_narrow(self) -> bool:
        """Tell whether anything is left out."""
        return self != FaultFilter()


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A fault on one instance, in words."""

    instance: str
    state: FaultState
    acknowledged: str
    first_affected: str
    injected: int
    passed: int
    end: str


def all_faults(known: Sequence[FaultView], snapshot: Snapshot) -> tuple[FaultView, ...]:
    """Return all faults, as the snapshot has those that it has; the running ones before the others, each the newest first."""
    newest = {fault.id: fault for fault in (*known, *snapshot.faults)}
    ordered = sorted(newest.values(), key=lambda each: (each.created_at, each.id), reverse=True)
    return tuple(sorted(ordered, key=lambda each: each.state.is_final))


def is_behind_faults(known: Sequence[FaultView], taken_at: float, snapshot: Snapshot) -> bool:
    """Tell whether what is known says running of a fault that a newer snapshot no longer has."""
    running = {fault.id for fault in snapshot.faults}
    return snapshot.taken_at > taken_at and any(
        not fault.state.is_final and fault.id not in running for fault in known
    )


def title(fault: FaultView) -> str:
    """Say what is broken where."""
    return f"{fault_title(fault)} on {fault.service}"


def who_and_why(fault: FaultView) -> str:
    """Say who injected it and for what."""
    why = f": {fault.fault.reason}" if fault.fault.reason else ", without a reason"
    return f"by {fault.created_by}{why}"


def course(fault: FaultView, now: float) -> str:
    """Say in one line how far it is, or how it ended."""
    if fault.state.is_final:
        lasted_s = seconds(fault.ended_at or fault.expires_at) - seconds(fault.created_at)
        return f"{when(fault.created_at, now)}, {ago(fault.created_at, now)}, for {duration(lasted_s)}. {end_words(fault)}"
    if fault.state is FaultState.PENDING:
        return f"{_pending(fault, now)}, armed {ago(fault.created_at, now)}"
    if fault.state is FaultState.ENDING:
        return "ending, waits for the sidecar to say that it has ended"
    return f"ends by itself in {count_down(fault.expires_at, now)}, since {clock(fault.created_at)}"


def is_late(fault: FaultView, now: float) -> bool:
    """Tell whether a sidecar should have acknowledged it by now."""
    is_pending = fault.state is FaultState.PENDING
    return is_pending and now - seconds(fault.created_at) > ACKNOWLEDGED_WITHIN_S


def _pending(fault: FaultView, now: float) -> str:
    if is_late(fault, now):
        return f"no acknowledgement after {ACKNOWLEDGED_WITHIN_S:.0f} s"
    return "waits for the sidecar"


def end_words(fault: FaultView) -> str:
    """Say why it ended, and what to do about that where there is something."""
    return "" if fault.end_reason is None else END_REASONS[fault.end_reason].text


def effect(fault: FaultView) -> str:
    """Say how much it really did."""
    text = f"{fault.injected} injected, {fault.passed} passed"
    if fault.state.is_final and fault.injected == 0:
        return f"{text}: it did nothing, so it proves nothing"
    return text


def facts(fault: FaultView, now: float) -> tuple[tuple[str, str], ...]:
    """Return what is known of one fault, each with its label."""
    found = [
        ("Armed", f"{moment(fault.created_at)}, {ago(fault.created_at, now)}"),
        ("By", fault.created_by),
        ("Why", fault.fault.reason or UNKNOWN),
        ("Scope", _SCOPES[fault.fault.scope]),
        ("Healing", _HEALING[fault.fault.healing]),
        ("At most for", duration(fault.fault.ttl_s)),
        ("Effect", effect(fault)),
    ]
    if fault.fault.run_id:
        found.append(("Experiment run", fault.fault.run_id))
    if fault.ended_at is not None:
        found.append(("Ended", f"{moment(fault.ended_at)}. {end_words(fault)}"))
    return tuple(found)


def target_rows(targets: Sequence[FaultTarget]) -> tuple[TargetRow, ...]:
    """Return what became of it on each instance."""
    return tuple(
        TargetRow(
            instance=target.instance,
            state=target.state,
            acknowledged=_clock(target.acked_at),
            first_affected=_clock(target.first_affected_at),
            injected=target.injected,
            passed=target.passed,
            end=_end(target),
        )
        for target in targets
    )


def _end(target: FaultTarget) -> str:
    if target.end_reason is None:
        return UNKNOWN
    at = f"{clock(target.ended_at)}: " if target.ended_at else ""
    detail = f" ({target.detail})" if target.detail else ""
    return f"{at}{END_REASONS[target.end_reason].meaning.rstrip('.')}{detail}"


def _clock(at: str | None) -> str:
    return UNKNOWN if at is None else clock(at)
