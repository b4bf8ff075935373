"""What the page of one service says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from tagent_contract.health import Health
from tagent_contract.incidents import IncidentView
from tagent_contract.policy import Mode
from tagent_contract.services import InstanceView, LogEntry, ServiceView
from tagent_dashboard.views.reasons import HEALTH_REASONS, REFUSALS
from tagent_dashboard.views.times import ago, clock, duration, seconds
from tagent_dashboard.views.words import HEALTH_LOOKS, WORST_FIRST

CLOCK_OFFSET_WORTH_TELLING_S = 1.0
_MODES = {
    Mode.HEAL: "healing acts by itself",
    Mode.CHECK: "healing only says what it would do",
    Mode.OFF: "healing is off",
}


@dataclass(frozen=True, slots=True)
class Heading:
    """Name and state of a service; `advice` is what to do about it, where something can be said."""

    name: str
    health: Health
    since: str
    mode: str
    advice: str


@dataclass(frozen=True, slots=True)
class InstanceRow:
    """An instance, as cells of a table."""

    health: str
    name: str
    since: str
    why: str
    contact: str
    address: str
    runs: str
    cannot: str


def heading(service: ServiceView, now: float) -> Heading:
    """Return what stands at the top."""
    reason = HEALTH_REASONS[service.reason]
    return Heading(
        name=service.name,
        health=service.health,
        since=f"since {clock(service.since)} UTC, {ago(service.since, now)}",
        mode=_MODES[service.mode],
        advice="" if service.health is Health.HEALTHY else reason.text,
    )


def incident_text(incident: IncidentView, now: float) -> str:
    """Return who has an incident, what was tried, and why nothing is where that is so."""
    who = (
        f"Taken by {incident.acknowledged_by}"
        if incident.acknowledged_by
        else "Not taken by anyone yet"
    )
    parts = [f"{who}, open for {duration(now - seconds(incident.opened_at))}"]
    if incident.attempts:
        count = len(incident.attempts)
        parts.append(f"{count} {'attempt' if count == 1 else 'attempts'} so far")
    text = f"{', '.join(parts)}."
    held = incident.held_back
    if held is not None:
        until = f" (until {clock(held.until)} UTC)" if held.until is not None else ""
        text += f" Healing waits{until}: {REFUSALS[held.reason].text}"
    return text


def near_names(name: str, known: Iterable[str]) -> list[str]:
    """Return the known names most like one that is not."""
    by_folded = {other.casefold(): other for other in known}
    found = get_close_matches(name.casefold(), by_folded, n=5, cutoff=0.5)
    return [by_folded[folded] for folded in found]


def instance_rows(service: ServiceView, now: float) -> list[InstanceRow]:
    """Return a row for each instance, the worst first."""
    ordered = sorted(
        service.instances, key=lambda item: (WORST_FIRST.index(item.health), item.name)
    )
    return [_instance_row(item, now) for item in ordered]


def _instance_row(instance: InstanceView, now: float) -> InstanceRow:
    look = HEALTH_LOOKS[instance.health]
    return InstanceRow(
        health=f"{look.shape} {instance.health.value}",
        name=instance.name,
        since=f"{clock(instance.since)}, {ago(instance.since, now)}",
        why=instance.detail or HEALTH_REASONS[instance.reason].meaning,
        contact=ago(instance.last_contact_at, now),
        address=f"{instance.address} ({instance.protocol})",
        runs=_runs(instance),
        cannot="; ".join(f"{kind}: {why}" for kind, why in sorted(instance.missing.items())),
    )


def _runs(instance: InstanceView) -> str:
    parts = [f"incarnation {instance.incarnation}", f"sidecar {instance.version}"]
    if instance.revision:
        parts.append(f"revision {instance.revision}{', retired' if instance.retired else ''}")
    if not instance.supervised:
        parts.append("not its sidecar's child")
    offset_s = instance.clock_offset_s
    if abs(offset_s) >= CLOCK_OFFSET_WORTH_TELLING_S:
        parts.append(f"its clock is {abs(offset_s):.1f} s {'ahead' if offset_s > 0 else 'behind'}")
    return ", ".join(parts)


def log_text(entries: Sequence[LogEntry], *, with_instance: bool) -> str:
    """Return log lines as one text, the newest first."""
    lines = (
        " ".join(
            part
            for part in (
                clock(entry.at),
                entry.level.upper().ljust(7),
                entry.instance if with_instance else "",
                entry.text,
            )
            if part
        )
        for entry in reversed(entries)
    )
    return "\n".join(lines)


def restart_hits(service: ServiceView, instance: str | None) -> str:
    """Say what a restart hits."""
    live = [item.name for item in service.instances if item.supervised]
    names = ", ".join(live) if instance is None else instance
    others = (
        sum(item.health is Health.HEALTHY and item.name != instance for item in service.instances)
        if instance is not None
        else 0
    )
    left = (
        f"{others} healthy {'instance answers' if others == 1 else 'instances answer'} meanwhile."
        if others
        else "Nothing of it answers callers until it is back."
    )
    return f"Stops {names} and starts it again. {left}"


def can_restart(service: ServiceView) -> bool:
    """Tell whether anybody here can restart any of it."""
    return any(item.supervised for item in service.instances)


def is_recoverable(service: ServiceView) -> bool:
    """Tell whether there is anything to recover it from: recovering restarts what is entirely well too, and does not ask."""
    return service.health is not Health.HEALTHY or bool(service.faults or service.incident)


def is_retired(service: ServiceView) -> bool:
    """Tell whether nothing of it lives any more, so that it may be forgotten."""
    return all(item.health is Health.OFFLINE for item in service.instances)
