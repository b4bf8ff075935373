"""One fault in words: what it does, to whom, how far it got, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from tagent_contract.faults import FaultBase, FaultState, FaultTarget, FaultView
from tagent_dashboard.views.reasons import END_REASONS
from tagent_dashboard.views.schema_form import title_of
from tagent_dashboard.views.times import ago, clock, count_down, duration, seconds, size

ACKNOWLEDGED_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class TargetLine:
    """A fault on one instance; `is_late` when its sidecar should have answered by now."""

    instance: str
    state: FaultState
    text: str
    is_late: bool


@dataclass(frozen=True, slots=True)
class RunningFault:
    """A fault that has not ended."""

    id: str
    type: str
    title: str
    state: FaultState
    ends: str
    by: str
    targets: tuple[TargetLine, ...]


@dataclass(frozen=True, slots=True)
class PastFault:
    """A fault that has ended, as cells of a table."""

    title: str
    state: FaultState
    began: str
    lasted: str
    by: str
    why: str
    affected: str


def running_fault(fault: FaultView, now: float) -> RunningFault:
    """Return what to say of a fault that has not ended."""
    return RunningFault(
        id=fault.id,
        type=fault.type,
        title=fault_title(fault),
        state=fault.state,
        ends="ending" if fault.state is FaultState.ENDING else _ends(fault.expires_at, now),
        by=_by(fault),
        targets=tuple(_target_line(target, fault, now) for target in fault.targets),
    )


def past_fault(fault: FaultView, now: float) -> PastFault:
    """Return what to say of a fault that has ended."""
    ended = seconds(fault.ended_at) if fault.ended_at is not None else now
    reason = END_REASONS[fault.end_reason].meaning if fault.end_reason is not None else ""
    return PastFault(
        title=fault_title(fault),
        state=fault.state,
        began=f"{clock(fault.created_at)}, {ago(fault.created_at, now)}",
        lasted=duration(ended - seconds(fault.created_at)),
        by=_by(fault),
        why=reason,
        affected=_affected(fault.injected, fault.passed),
    )


def fault_title(fault: FaultView) -> str:
    """Return type and parameters, `Latency 2500 ms`; of those that all types have only what is not usual."""
    own = set(fault.fault.__struct_fields__) - set(FaultBase.__struct_fields__)
    parts = [
        _parameter(name, value)
        for name in fault.fault.__struct_fields__
        if name in own and (value := getattr(fault.fault, name)) not in (None, 0)
    ]
    return " ".join([title_of(fault.type), ", ".join([*parts, *_unusual(fault.fault)])]).strip()


def _unusual(fault: FaultBase) -> list[str]:
    found = []
    if fault.probability < 1:
        found.append(f"{fault.probability * 100:g} % of requests")
    match = fault.match
    only = [part for part in (match.method, match.path) if part]
    only += [f"{name}: {value}" for name, value in match.headers.items()]
    if only:
        found.append(f"only {' '.join(only)}")
    if fault.max_count is not None:
        found.append(f"{fault.max_count} at most")
    return found


def _parameter(name: str, value: object) -> str:
    for end, unit in (("_kb_s", "kB/s"), ("_ms", "ms"), ("_s", "s")):
        if name.endswith(end) and isinstance(value, int | float):
            rest = name.removesuffix(end)
            label = "" if rest in _SAID_BY_TYPE else f"{rest} ".replace("_", " ")
            return f"{label}{value:g} {unit}"
    if name.endswith("bytes") and isinstance(value, int):
        return size(value)
    if name.endswith("ratio") and isinstance(value, float):
        return f"{value * 100:g} %"
    return str(value) if name in _SAID_BY_TYPE else f"{name.replace('_', ' ')} {_short(value)}"


_SAID_BY_TYPE = frozenset({"latency", "timeout", "rate", "delay", "http_status", "signal"})
"""Names that the type's own word makes plain."""


def _short(value: object) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return text if len(text) <= 40 else f"{text[:39]}\N{HORIZONTAL ELLIPSIS}"


def _ends(expires_at: str, now: float) -> str:
    left = count_down(expires_at, now)
    return "ends now" if left == "0:00" else f"ends in {left}"


def _by(fault: FaultView) -> str:
    reason = f": {fault.fault.reason}" if fault.fault.reason else ""
    run = f", run {fault.fault.run_id}" if fault.fault.run_id else ""
    return f"{fault.created_by}{run}{reason}"


def _target_line(target: FaultTarget, fault: FaultView, now: float) -> TargetLine:
    waited_s = now - seconds(fault.created_at)
    is_late = target.state is FaultState.PENDING and waited_s > ACKNOWLEDGED_WITHIN_S
    return TargetLine(target.instance, target.state, _progress(target, is_late), is_late)


def _progress(target: FaultTarget, is_late: bool) -> str:
    match target.state:
        case FaultState.PENDING if is_late:
            return f"no acknowledgement after {ACKNOWLEDGED_WITHIN_S:g} s"
        case FaultState.PENDING:
            return "waiting for its sidecar"
        case FaultState.ENDING:
            return f"ending; {_affected(target.injected, target.passed)}"
        case FaultState.ACTIVE:
            return _affected(target.injected, target.passed)
        case _:
            why = END_REASONS[target.end_reason].meaning if target.end_reason is not None else ""
            parts = [_affected(target.injected, target.passed), why.rstrip("."), target.detail]
            return "; ".join(part for part in parts if part)


def _affected(injected: int, passed: int) -> str:
    return f"{injected} affected, {passed} let by" if passed else f"{injected} affected"
