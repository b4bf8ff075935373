"""What the admin port shows, put together from the sidecar's parts."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from tagent_contract.faults import Fault, FaultBase, fault_type
from tagent_contract.health import Health
from tagent_contract.reports import FaultProgress
from tagent_sidecar.admin.exposition import (
    CONTENT_TYPE,
    Family,
    Sample,
    histogram,
    labelled,
    plain,
    render,
)
from tagent_sidecar.admin.server import Page, Routes
from tagent_sidecar.checks.health_watch import HealthWatch
from tagent_sidecar.faults.engine import FaultEngine
from tagent_sidecar.platform_link.reporter import Reporter
from tagent_sidecar.supervisor.service import Service
from tagent_sidecar.telemetry.histogram import upper_bound_ms
from tagent_sidecar.telemetry.recorder import Recorder
from tagent_sidecar.telemetry.report_assembly import Identity
from tagent_sidecar.telemetry.window_buffer import WindowBuffer
from tagent_sidecar.windows import WindowCutter

_SHOWN = (Health.UNKNOWN, Health.HEALTHY, Health.DEGRADED, Health.UNHEALTHY)


@dataclass(frozen=True, slots=True)
class PageParts:
    """Where the pages read."""

    identity: Identity
    watch: HealthWatch
    service: Service
    engine: FaultEngine
    recorder: Recorder
    cutter: WindowCutter
    buffer: WindowBuffer
    reporter: Reporter | None


class _FaultLine(msgspec.Struct, frozen=True, kw_only=True):
    progress: FaultProgress
    fault: Fault | None
    """None once it has ended."""


def make_routes(parts: PageParts, clock: Callable[[], float] = time.monotonic) -> Routes:
    """Return the admin port's routes."""
    return {
        "/healthz": lambda: _healthz(parts),
        "/metrics": lambda: Page(CONTENT_TYPE, render(_families(parts, clock()))),
        "/faults": lambda: _faults(parts, clock()),
    }


def _healthz(parts: PageParts) -> Page:
    """Say that the sidecar runs. The service's health is in the body, for it is no reason to restart the sidecar."""
    identity = parts.identity
    state = parts.watch.state()
    return _json(
        {
            "status": "ok",
            "service": identity.service,
            "instance": identity.instance,
            "boot_id": identity.boot_id,
            "version": identity.version,
            "health": state.health,
            "reason": state.reason,
            "detail": state.detail,
        }
    )


def _faults(parts: PageParts, now: float) -> Page:
    active: dict[str, Fault] = dict(parts.engine.active_faults)
    lines = [
        _FaultLine(progress=progress, fault=active.get(progress.id))
        for progress in parts.engine.progress(now)
    ]
    return _json({"items": lines})


def _json(value: object) -> Page:
    return Page("application/json", msgspec.json.encode(value) + b"\n")


def _families(parts: PageParts, now: float) -> list[Family]:
    return [
        *_identity_families(parts),
        *_traffic_families(parts),
        *_service_families(parts),
        *_fault_families(parts, now),
        *_link_families(parts, now),
    ]


def _identity_families(parts: PageParts) -> list[Family]:
    identity, health = parts.identity, parts.watch.health
    labels = {
        "service": identity.service,
        "instance": identity.instance,
        "boot_id": identity.boot_id,
        "version": identity.version,
    }
    return [
        Family("tagent_sidecar_info", "gauge", "Which sidecar this is.", (Sample(1, labels),)),
        labelled(
            "tagent_health",
            "gauge",
            "The instance's health: 1 for what it is, 0 for the others.",
            "health",
            {word.value: float(word is health) for word in _SHOWN},
        ),
    ]


def _traffic_families(parts: PageParts) -> list[Family]:
    totals, recorder = parts.cutter.totals, parts.recorder
    return [
        plain("tagent_requests_total", "counter", "Requests that are over, as of the latest window.", totals.requests),
        labelled("tagent_request_errors_total", "counter", "Requests that failed, by what their caller saw.", "class", {kind.value: count for kind, count in totals.errors.items()}),
        plain("tagent_rejected_total", "counter", "Requests refused by the sidecar itself.", totals.rejected),
        plain("tagent_cut_streams_total", "counter", "Responses cut after they had begun.", totals.cut_streams),
        plain("tagent_received_bytes_total", "counter", "Bytes from callers.", totals.bytes_in),
        plain("tagent_sent_bytes_total", "counter", "Bytes to callers.", totals.bytes_out),
        plain("tagent_requests_in_flight", "gauge", "Requests whose answer is not complete.", recorder.in_flight),
        plain("tagent_connections", "gauge", "Open connections of callers.", recorder.connections),
        histogram("tagent_first_byte_seconds", "Time to the first byte of answers.", _seconds(totals.first_byte), totals.first_byte_sum_ms / 1000),
        histogram("tagent_request_duration_seconds", "Time to the last byte of answers.", _seconds(totals.whole), totals.whole_sum_ms / 1000),
        Family("tagent_checks_total", "counter", "Health checks, by side and result.", tuple(Sample(count, {"side": side, "result": result}) for (side, result), count in totals.checks.items())),
    ]  # fmt: skip


def _service_families(parts: PageParts) -> list[Family]:
    latest = parts.cutter.latest
    return [
        plain("tagent_restarts_total", "counter", "Starts of the service after the first.", parts.service.restarts),
        plain("tagent_service_cpu_ratio", "gauge", "Processor time of the service, 1 is a core.", latest.cpu_ratio if latest else None),
        plain("tagent_service_resident_memory_bytes", "gauge", "Memory of the service.", latest.rss_bytes if latest else None),
        plain("tagent_service_open_descriptors", "gauge", "Open files and sockets of the service.", latest.descriptors if latest else None),
        plain("tagent_service_threads", "gauge", "Threads of the service.", latest.threads if latest else None),
        plain("tagent_sidecar_cpu_ratio", "gauge", "Processor time of the sidecar, 1 is a core.", latest.sidecar_cpu_ratio if latest else None),
        plain("tagent_sidecar_resident_memory_bytes", "gauge", "Memory of the sidecar.", latest.sidecar_rss_bytes if latest else None),
        plain("tagent_log_lines_dropped_total", "counter", "Lines of the service that found no room.", parts.cutter.totals.log_lines_dropped),
    ]  # fmt: skip


def _fault_families(parts: PageParts, now: float) -> list[Family]:
    active: Mapping[str, FaultBase] = dict(parts.engine.active_faults)
    by_type = Counter(fault_type(fault) for fault in active.values())
    injected = tuple(
        Sample(progress.injected, {"fault": progress.id, "type": fault_type(active[progress.id])})
        for progress in parts.engine.progress(now)
        if progress.id in active
    )
    return [
        labelled("tagent_faults_active", "gauge", "Faults that are on.", "type", by_type),
        Family(
            "tagent_fault_injected_total",
            "counter",
            "What each fault that is on has affected.",
            injected,
        ),
    ]


def _link_families(parts: PageParts, now: float) -> list[Family]:
    buffered = [
        plain("tagent_windows_waiting", "gauge", "Windows that the platform does not have.", len(parts.buffer)),
        plain("tagent_windows_dropped_total", "counter", "Windows lost since the buffer was full.", parts.buffer.dropped_total),
    ]  # fmt: skip
    reporter = parts.reporter
    if reporter is None:
        return buffered
    return [
        *buffered,
        labelled("tagent_reports_total", "counter", "Reports, by what became of them.", "outcome", reporter.outcomes),
        plain("tagent_last_answer_age_seconds", "gauge", "Since the platform last took a report, or since the start.", now - reporter.last_answer_at),
    ]  # fmt: skip


def _seconds(counts: Mapping[int, int]) -> dict[float, int]:
    return {upper_bound_ms(bucket) / 1000: count for bucket, count in counts.items()}
