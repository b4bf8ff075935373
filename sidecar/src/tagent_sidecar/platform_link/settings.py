"""What can be set about the link, with the defaults."""

from __future__ import annotations

from dataclasses import dataclass, field

from tagent_sidecar.platform_link.backoff import BackoffSettings


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """Intervals and limits of reports and plans."""

    report_interval_s: float = 5.0
    report_timeout_s: float = 5.0
    coalesce_s: float = 0.05
    """Reports for changes are at least this far apart."""
    plan_wait_s: float = 10.0
    """How long the platform may hold a plan request that has no news; 0 asks plainly, each `plan_interval_s`."""
    plan_interval_s: float = 1.0
    plan_timeout_s: float = 5.0
    """Beside the wait."""
    plan_overdue_s: float = 1.0
    """How long a held plan request may keep back what a report's answer already spoke of."""
    lease_s: float = 15.0
    confirmed_age_max_s: float = 10.0
    slow_retry_s: float = 30.0
    """After an answer that only a person can mend."""
    goodbye_timeout_s: float = 2.0
    backoff: BackoffSettings = field(default_factory=BackoffSettings)
