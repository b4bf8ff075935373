"""The platform's figures as metric families. Labels are states and reasons, never names, so their number is bounded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tagent_contract.faults import FaultState
from tagent_contract.health import Health
from tagent_contract.incidents import IncidentState, Refusal
from tagent_platform.api.context import Context
from tagent_platform.api.metrics import Family, Sample, counter, gauge
from tagent_platform.core.records import (
    HALT_KEY,
    DeliveryRecord,
    FaultRecord,
    HaltRecord,
    IncidentRecord,
    InstanceRecord,
    ReceiptRecord,
    Record,
    ServiceRecord,
    TokenRecord,
)
from tagent_platform.usecases.lead import leads

S = TypeVar("S", bound=str)

AGE_UNKNOWN_S = 999_999.0


def families(context: Context) -> Iterator[Family]:
    """Yield every family, read from the store and the API as they are now."""
    yield from _of_what_is_watched(context)
    yield from _of_healing(context)
    yield from _of_traffic(context)
    yield from _of_the_platform(context)


def _of_what_is_watched(context: Context) -> Iterator[Family]:
    store = context.platform.store
    services = Counter(found.record.health for found in store.all(ServiceRecord).values())
    instances = Counter(found.record.health for found in store.all(InstanceRecord).values())
    faults = Counter(
        target.state
        for found in store.all(FaultRecord).values()
        for target in found.record.targets.values()
    )
    halt = store.get(HaltRecord, HALT_KEY)
    yield gauge("tagent_services", "Services by health.", _by("health", Health, services))
    yield gauge("tagent_instances", "Instances by health.", _by("health", Health, instances))
    yield gauge(
        "tagent_fault_targets",
        "Targets of faults by state; ended ones as long as they are kept.",
        _by("state", FaultState, faults),
    )
    yield gauge(
        "tagent_halted", "1 while all faults are halted.", int(bool(halt and halt.record.halted))
    )


def _of_healing(context: Context) -> Iterator[Family]:
    incidents = [found.record for found in context.platform.store.all(IncidentRecord).values()]
    states = Counter(incident.state for incident in incidents)
    outcomes = Counter(
        attempt.outcome.value for incident in incidents for attempt in incident.attempts
    )
    held_back = Counter(
        incident.held_back.reason
        for incident in incidents
        if incident.held_back is not None and incident.state is not IncidentState.RESOLVED
    )
    yield gauge("tagent_incidents", "Incidents by state.", _by("state", IncidentState, states))
    yield gauge(
        "tagent_attempts",
        "Attempts of the kept incidents by outcome.",
        [Sample(count, {"outcome": outcome}) for outcome, count in sorted(outcomes.items())],
    )
    yield gauge(
        "tagent_incidents_held_back",
        "Incidents in which healing waits, by reason.",
        _by("reason", Refusal, held_back),
    )


def _of_traffic(context: Context) -> Iterator[Family]:
    traffic, guard = context.traffic, context.guard
    yield counter("tagent_reports_total", "Reports taken in.", traffic.reports)
    yield counter("tagent_report_batches_total", "Requests with reports.", traffic.batches)
    yield counter("tagent_plans_total", "Plans and unchanged plans answered.", traffic.plans)
    yield counter(
        "tagent_requests_refused_total", "Requests refused, by reason.", traffic.refusals.samples()
    )
    yield gauge("tagent_long_polls", "Open long-polls.", context.long_polls.taken)
    yield gauge("tagent_event_streams", "Open event streams.", context.streams.taken)
    yield gauge("tagent_connections_waiting", "Connections without a request.", len(guard.waiting))
    yield counter(
        "tagent_connections_closed_total",
        "Connections closed before their time, by reason.",
        [
            Sample(guard.closed_silent, {"reason": "silent"}),
            Sample(guard.closed_for_room, {"reason": "too_many"}),
            Sample(guard.closed_slow_reader, {"reason": "slow_reader"}),
        ],
    )


def _of_the_platform(context: Context) -> Iterator[Family]:
    platform = context.platform
    kinds: tuple[type[Record], ...] = (DeliveryRecord, ReceiptRecord, TokenRecord)
    waiting, receipts, tokens = (len(platform.store.all(kind)) for kind in kinds)
    age_s = platform.store_watch.confirmed_age_s(platform.clock.monotonic())
    yield gauge(
        "tagent_store_confirmed_age_seconds",
        "Since the store was last found to agree.",
        min(age_s, AGE_UNKNOWN_S),
    )
    yield gauge(
        "tagent_leader", "Whether this process runs the control loop.", int(leads(platform))
    )
    if platform.replicas is not None:
        yield gauge(
            "tagent_replicas_heard",
            "Other processes of the platform that are heard.",
            sum(
                platform.clock.monotonic() - beat.seen_monotonic < platform.limits.takeover_after_s
                for beat in platform.replicas.others()
            ),
        )
    if platform.operations is not None:
        done = platform.operations
        counts = {"read": done.reads, "write": done.writes, "delete": done.deletes}
        yield counter(
            "tagent_store_operations_total",
            "Documents that the storage charges for.",
            [Sample(number, {"operation": name}) for name, number in counts.items()],
        )
    loop_age_s = context.readiness.loop_age_s(platform)
    if loop_age_s is not None:
        yield gauge(
            "tagent_loop_age_seconds", "Since the control loop's last whole tick.", loop_age_s
        )
    yield counter(
        "tagent_series_dropped_total",
        "Windows and log lines that the series lost.",
        platform.series.dropped,
    )
    yield gauge("tagent_webhook_deliveries_waiting", "Messages not yet delivered.", waiting)
    yield gauge("tagent_receipts", "Answers kept for Idempotency-Keys.", receipts)
    yield gauge("tagent_tokens", "Tokens that let somebody in.", tokens)


def _by(label: str, values: Iterable[S], counts: Counter[S]) -> list[Sample]:
    return [Sample(counts[value], {label: str(value)}) for value in values]
