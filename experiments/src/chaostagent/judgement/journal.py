"""What Chaos Toolkit's journal says, read with care: it is a mapping that any control may have changed. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from tagent_contract.experiments import Promise

SHOWN_MAX = 200
_EXCEPTION = re.compile(r"^(?:(?:[a-z_]\w*\.)*[A-Z]\w*: )+")
"""`chaoslib.exceptions.ActivityFailed: `, also one within another."""

Journal = Mapping[str, Any]
Activity = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SteadyState:
    """One look at the steady-state hypothesis."""

    met: bool
    probes: tuple[Promise, ...]

    @property
    def complaint(self) -> str:
        """Return what was not as it should be, empty when all was."""
        return "; ".join(broken(probe) for probe in self.probes if not probe.kept)


def steady_state(journal: Journal, when: str) -> SteadyState | None:
    """Return the look `before` or `after` the method; None when there was none."""
    return _look((journal.get("steady_states") or {}).get(when))


def broken_during(journal: Journal) -> SteadyState | None:
    """Return the first look during the method that found the steady state broken; None when none did."""
    looks = map(_look, (journal.get("steady_states") or {}).get("during") or ())
    return next((look for look in looks if look is not None and not look.met), None)


def _look(state: Mapping[str, Any] | None) -> SteadyState | None:
    if not state:
        return None
    probes = tuple(probe_promise(run) for run in state.get("probes") or ())
    return SteadyState(bool(state.get("steady_state_met")), probes)


def probe_promise(run: Activity) -> Promise:
    """Return what a probe with a tolerance promised."""
    activity = run.get("activity") or {}
    succeeded = run.get("status") == "succeeded"
    measured = shown(run.get("output")) if succeeded else why_failed(run)
    return Promise(
        text=name_of(run),
        kept=succeeded and run.get("tolerance_met") is not False,
        measured=measured,
        allowed=shown(activity["tolerance"]) if "tolerance" in activity else "",
    )


def failed_activities(runs: Iterable[Activity], kind: str) -> list[str]:
    """Return the names of the actions or probes that failed, each with why. One without a status was interrupted."""
    return [
        f"{name_of(run)}: {why_failed(run)}"
        for run in runs
        if run.get("status") == "failed" and (run.get("activity") or {}).get("type") == kind
    ]


def name_of(run: Activity) -> str:
    """Return the activity's name."""
    return str((run.get("activity") or {}).get("name") or "unnamed")


def why_failed(run: Activity) -> str:
    """Return the last line of the exception, without the exception's name."""
    lines = [
        line.strip() for line in "".join(run.get("exception") or ()).splitlines() if line.strip()
    ]
    if not lines:
        return str(run.get("status") or "interrupted")
    return _EXCEPTION.sub("", lines[-1])[:SHOWN_MAX]


def shown(value: Any) -> str:
    """Return a value as a person would write it, cut where it is long."""
    if isinstance(value, bool):
        text = "yes" if value else "no"
    elif isinstance(value, float):
        text = f"{value:.4g}"
    elif isinstance(value, Mapping) and value.get("type") == "range" and "range" in value:
        text = " to ".join(shown(each) for each in value["range"])
    else:
        text = str(value)
    return text if len(text) <= SHOWN_MAX else text[: SHOWN_MAX - 3] + "..."


def broken(promise: Promise) -> str:
    """Return a broken promise as one line: what, measured against allowed."""
    allowed = f", allowed {promise.allowed}" if promise.allowed else ""
    return f"{promise.text}: measured {promise.measured or 'nothing'}{allowed}"
