"""Services and their instances."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from tagent_client.cli.views import looks
from tagent_client.cli.views.sheet import Cell, Sheet
from tagent_client.cli.views.words import (
    NOTHING,
    age,
    count,
    left,
    milliseconds,
    rate,
    ratio,
    size,
    time_of_day,
)
from tagent_contract.health import Health
from tagent_contract.incidents import HeldBack
from tagent_contract.services import Figures, Halt, InstanceView, ServiceView

Line = Sequence[Cell | str]

NO_SERVICES = "No services yet. `tagent up` starts the samples, `tagent attach` your own."


def services_sheet(services: Sequence[ServiceView], now: float) -> Sheet:
    """One row a service, the sick first, then by name."""
    sheet = Sheet(
        ("SERVICE", "HEALTH", "FOR", "REQ/S", "ERRORS", "P95", "FAULTS", "INCIDENT"),
        empty=NO_SERVICES,
        wide=frozenset({"SERVICE", "FAULTS"}),
        optional=("FOR", "P95", "REQ/S"),
        right=frozenset({"REQ/S", "ERRORS", "P95"}),
    )
    for view in sorted(services, key=_sick_first):
        sheet.rows.append(
            (
                Cell(view.name, "strong"),
                looks.health(view.health),
                age(view.since, now),
                rate(view.figures.requests_per_s),
                _errors(view.figures),
                _latency(view.figures),
                Cell(", ".join(fault.type for fault in view.faults) or NOTHING, "warn"),
                looks.incident_state(view.incident.state) if view.incident else NOTHING,
            )
        )
    return sheet


_SICK_ORDER = [
    Health.OFFLINE,
    Health.UNHEALTHY,
    Health.RECOVERING,
    Health.DEGRADED,
    Health.HEALTHY,
    Health.UNKNOWN,
]


def _sick_first(view: ServiceView) -> tuple[int, str]:
    return _SICK_ORDER.index(view.health), view.name


def _errors(figures: Figures) -> Cell:
    ratio_now = figures.error_ratio
    return Cell(ratio(ratio_now), "bad" if ratio_now else "")


def _latency(figures: Figures) -> str:
    return milliseconds(figures.first_byte_p95_ms)


def remarks(services: Sequence[ServiceView], halt: Halt, now: float) -> list[Line]:
    """Return what the table has no room for: the halt, why something is sick, what healing waits for, maintenance, modes."""
    lines: list[Line] = []
    if halt.halted:
        lines.append(halt_line(halt))
    for view in sorted(services, key=_sick_first):
        lines += _service_remarks(view, now)
    return lines


def halt_line(halt: Halt) -> Line:
    """Say that all is halted, by whom and why."""
    since = f" at {time_of_day(halt.at)}" if halt.at else ""
    ending = f"; {count(halt.faults_ending, 'fault')} still ending" if halt.faults_ending else ""
    return Cell("HALTED", "bad"), f" by {halt.by or 'somebody'}{since}: {halt.reason}{ending}"


def _service_remarks(view: ServiceView, now: float) -> list[Line]:
    lines: list[Line] = []
    name = Cell(view.name, "strong")
    if view.health not in (Health.HEALTHY, Health.UNKNOWN):
        lines.append((name, f": {view.detail or view.reason.value.replace('_', ' ')}"))
    if view.incident:
        brief = view.incident
        lines.append(
            (name, ": ", looks.incident_state(brief.state), f" {brief.summary} ({brief.id})")
        )
        if brief.held_back:
            lines.append((name, ": ", *held_back_line(brief.held_back, now)))
    if view.maintenance:
        window = view.maintenance
        ends = left(window.until, now)
        lines.append((name, f": maintenance by {window.by} for {ends} more: {window.reason}"))
    if view.mode != "heal":
        lines.append((name, ": healing is in mode ", Cell(view.mode.value, "warn")))
    return lines


def held_back_line(held: HeldBack, now: float) -> Line:
    """Say why healing waits, and until when."""
    until = f" for {left(held.until, now)} more" if held.until else ""
    why = held.text or held.reason.value.replace("_", " ")
    return Cell("healing waits", "warn"), f"{until}: {why}"


def instances_sheet(instances: Sequence[InstanceView], now: float) -> Sheet:
    """One row an instance."""
    sheet = Sheet(
        ("INSTANCE", "HEALTH", "FOR", "ADDRESS", "REQ/S", "P95", "CPU", "MEMORY", "HEARD"),
        empty="It has no instances now.",
        wide=frozenset({"INSTANCE", "ADDRESS"}),
        optional=("CPU", "HEARD", "FOR", "MEMORY"),
        right=frozenset({"REQ/S", "P95", "CPU", "MEMORY"}),
    )
    for view in instances:
        figures = view.figures
        sheet.rows.append(
            (
                Cell(view.name, "strong"),
                looks.health(view.health),
                age(view.since, now),
                view.address or NOTHING,
                rate(figures.requests_per_s),
                _latency(figures),
                ratio(figures.cpu_ratio),
                size(figures.rss_bytes),
                age(view.last_contact_at, now),
            )
        )
    return sheet


def instance_remarks(instances: Sequence[InstanceView]) -> list[Line]:
    """Why an instance is sick, and what stands out about it."""
    lines: list[Line] = []
    for view in instances:
        name = Cell(view.name, "strong")
        if view.health is not Health.HEALTHY and view.detail:
            lines.append((name, f": {view.detail}"))
        if abs(view.clock_offset_s) >= 1:
            lines.append((name, f": its clock is {view.clock_offset_s:+.1f} s off the platform's"))
        if view.retired:
            lines.append((name, f": of revision {view.revision}, which serves no more"))
        elif not view.supervised:
            alone = " alone" if view.revision else ""
            text = f": its sidecar is not the parent, so it cannot be restarted{alone}"
            lines.append((name, text))
    return lines


def revisions_line(view: ServiceView) -> str:
    """Return how many instances of each revision are how, the newest name last; empty when there are none."""
    found = Counter((one.revision, one.health.value) for one in view.instances if one.revision)
    by_revision: dict[str, list[str]] = {}
    for (revision, health), number in sorted(found.items()):
        by_revision.setdefault(revision, []).append(f"{number} {health}")
    return "; ".join(f"{revision}: {', '.join(many)}" for revision, many in by_revision.items())


def service_head(view: ServiceView, now: float) -> Line:
    """Return the first line about one service."""
    return (
        Cell(view.name, "strong"),
        " is ",
        looks.health(view.health),
        f" for {age(view.since, now)}: {view.detail or view.reason.value.replace('_', ' ')}",
    )


def figures_line(figures: Figures) -> str:
    """Return the figures of the latest 10 s."""
    return (
        f"{rate(figures.requests_per_s)} requests/s, {ratio(figures.error_ratio)} errors, "
        f"first byte p50 {milliseconds(figures.first_byte_p50_ms)}, p95 {milliseconds(figures.first_byte_p95_ms)}, "
        f"p99 {milliseconds(figures.first_byte_p99_ms)}, {figures.in_flight} in flight, "
        f"{count(figures.restarts, 'restart')}"
    )


def providers_line(providers: Mapping[str, str | None]) -> Line | None:
    """Say who answers the samples' questions; None when there are no samples here."""
    if not providers:
        return None
    answering = {service: name for service, name in providers.items() if name is not None}
    names = sorted(set(answering.values()))
    if not names:
        return Cell("The samples do not say who answers them.", "dim"), ""
    if len(names) > 1:
        told = ", ".join(f"{service} by {name}" for service, name in sorted(answering.items()))
        return "The samples are answered: ", told
    if names == ["local"]:
        return "The samples answer locally", Cell(" (no key is set; see .env.example)", "dim")
    return "The samples are answered by ", Cell(names[0], "strong")
