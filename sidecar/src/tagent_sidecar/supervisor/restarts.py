"""When an exited service may start again. Pure: every `now` is monotonic seconds.

Theory. Restart 1 is immediate; before restart n >= 2 waits `backoff_first_s` * 2^(n-2), at most `backoff_max_s`. After
`intensity` restarts within `intensity_window_s` it gives up until the first of them has left the window, and tries
again then. `reset_after_s` of health sets all back. Only restarts after an exit count here, ordered ones do not.
Each cause has a budget of its own, so that what a drill uses up is not missing when there is real trouble.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from tagent_contract.policy import RestartPolicy

FAULTS_KEPT = 100


@dataclass(frozen=True, slots=True)
class RestartAt:
    """Start again at this time, which may be now."""

    at: float


@dataclass(frozen=True, slots=True)
class GaveUp:
    """The intensity is used up; do not start before `until`."""

    until: float


RestartDecision: TypeAlias = RestartAt | GaveUp


class RestartBudget:
    """The restarts of one service that followed an exit."""

    def __init__(self, policy: RestartPolicy) -> None:
        self.policy = policy
        self._count = 0
        self._times: list[float] = []
        self._healthy_since: float | None = None

    def decide(self, exited_at: float) -> RestartDecision:
        """Return when to start again after an exit; changes nothing."""
        policy = self.policy
        wait_s = 0.0
        if self._count:
            # 2**30 is far over any limit, and a larger exponent would overflow.
            wait_s = min(
                policy.backoff_first_s * 2 ** min(self._count - 1, 30), policy.backoff_max_s
            )
        at = exited_at + wait_s
        recent = self._times[-policy.intensity :]
        if len(recent) == policy.intensity:
            until = recent[0] + policy.intensity_window_s
            if until > at:
                return GaveUp(until)
        return RestartAt(at)

    def restarted(self, now: float) -> None:
        """Count a restart that followed an exit."""
        self._count += 1
        self._times = [*self._times[-999:], now]

    def health(self, is_healthy: bool, now: float) -> None:
        """Take in whether the service is healthy, at least at each change and each exit."""
        if (
            self._healthy_since is not None
            and now - self._healthy_since >= self.policy.reset_after_s
        ):
            self._count = 0
            self._times = []
        if not is_healthy:
            self._healthy_since = None
        elif self._healthy_since is None:
            self._healthy_since = now


class RestartBudgets:
    """A service's budgets: one for what is nobody's doing, and one for each fault that makes it exit."""

    def __init__(self, policy: RestartPolicy) -> None:
        self._policy = policy
        self._organic = RestartBudget(policy)
        self._of_faults: dict[str, RestartBudget] = {}

    def of(self, fault_id: str | None) -> RestartBudget:
        """Return the budget for an exit by this fault; None: an exit that no fault explains."""
        if fault_id is None:
            return self._organic
        found = self._of_faults.get(fault_id)
        if found is None:
            if len(self._of_faults) == FAULTS_KEPT:
                del self._of_faults[next(iter(self._of_faults))]
            found = self._of_faults[fault_id] = RestartBudget(self._policy)
        return found

    def follow(self, policy: RestartPolicy) -> None:
        """Follow these numbers from now on."""
        self._policy = policy
        for budget in (self._organic, *self._of_faults.values()):
            budget.policy = policy

    def health(self, is_healthy: bool, now: float) -> None:
        """Take in whether the service is healthy, at least at each change and each exit."""
        for budget in (self._organic, *self._of_faults.values()):
            budget.health(is_healthy, now)
