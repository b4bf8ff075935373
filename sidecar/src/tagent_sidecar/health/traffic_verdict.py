"""What the instance's requests say of its health: by their own figures, or by the outside checks when it is idle."""

from __future__ import annotations

from dataclasses import dataclass

from tagent_contract.health import Health, HealthReason
from tagent_contract.policy import HealthPolicy
from tagent_sidecar.health.idle_window import IdleWindow
from tagent_sidecar.telemetry.recorder import RecentFigures


@dataclass(frozen=True, slots=True)
class Verdict:
    """A health with its reason and one line for people."""

    health: Health
    reason: HealthReason
    detail: str = ""


def judge_traffic(policy: HealthPolicy, recent: RecentFigures, idle: IdleWindow) -> Verdict | None:
    """Return what is wrong with the latest requests, or None."""
    if recent.requests >= policy.requests_min:
        return _judge_requests(policy, recent)
    return _judge_checks(policy, idle)


def _judge_requests(policy: HealthPolicy, recent: RecentFigures) -> Verdict | None:
    many = f"{recent.requests} requests in {policy.window_s:g} s"
    ratio = recent.error_ratio
    if ratio > policy.error_ratio_degraded:
        return Verdict(
            Health.UNHEALTHY if ratio > policy.error_ratio_unhealthy else Health.DEGRADED,
            HealthReason.ERROR_RATIO,
            f"{recent.errors} of {many} failed ({ratio:.0%})",
        )
    if recent.p95_ms is not None and recent.p95_ms > policy.latency_limit_ms:
        return Verdict(
            Health.DEGRADED,
            HealthReason.LATENCY,
            f"p95 {recent.p95_ms:.0f} ms over the limit of {policy.latency_limit_ms:g} ms, {many}",
        )
    return None


def _judge_checks(policy: HealthPolicy, idle: IdleWindow) -> Verdict | None:
    # Too few checks for the ratio to mean more than bad luck: then only the failure threshold makes it UNHEALTHY.
    if idle.failures and idle.failures > policy.error_ratio_degraded * idle.checks:
        is_most = idle.failures > policy.error_ratio_unhealthy * idle.checks
        is_proof = idle.failures >= policy.failure_threshold
        return Verdict(
            Health.UNHEALTHY if is_most and is_proof else Health.DEGRADED,
            HealthReason.ERROR_RATIO,
            f"{idle.failures} of {idle.checks} outside checks in {policy.window_s:g} s failed",
        )
    p95_ms = idle.p95_ms
    if p95_ms is not None and p95_ms > policy.latency_limit_ms:
        return Verdict(
            Health.DEGRADED,
            HealthReason.LATENCY,
            f"outside check took {p95_ms:.0f} ms, over the limit of {policy.latency_limit_ms:g} ms",
        )
    return None
