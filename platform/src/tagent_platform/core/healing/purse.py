"""A service's restart budgets during one look."""

from __future__ import annotations

from collections.abc import Mapping

from tagent_contract.health import Health
from tagent_contract.policy import RestartPolicy
from tagent_platform.core.backoff import Verdict, budget_key, may_restart, observe_health, spend
from tagent_platform.core.records import BudgetRecord, InstanceRecord


class Purse:
    """Budgets by key, and which of them this look changed."""

    def __init__(self, budgets: Mapping[str, BudgetRecord], policy: RestartPolicy) -> None:
        self._budgets = dict(budgets)
        self._policy = policy
        self.changed: dict[str, BudgetRecord | None] = {}

    def verdict(self, service: str, instance: str | None, cause_key: str, now: float) -> Verdict:
        """Return what the budget allows now."""
        return may_restart(
            self._budgets.get(budget_key(service, instance, cause_key)), self._policy, now
        )

    def spend(self, service: str, instance: str | None, cause_key: str, now: float) -> None:
        """Count one restart."""
        key = budget_key(service, instance, cause_key)
        budget = spend(
            self._budgets.get(key),
            service=service,
            instance=instance,
            cause_key=cause_key,
            now=now,
        )
        self._budgets[key] = budget
        self.changed[key] = budget

    def clear(self) -> None:
        """Forget all that was spent: a person has taken over."""
        self.changed.update(dict.fromkeys(self._budgets))
        self._budgets.clear()

    def follow_health(self, live: Mapping[str, InstanceRecord], now: float) -> None:
        """Start, stop or end the healthy time after which what was spent is forgiven."""
        for key, budget in list(self._budgets.items()):
            followed = observe_health(
                budget, is_healthy=_is_healthy(budget, live), policy=self._policy, now=now
            )
            if followed is budget:
                continue
            self.changed[key] = followed
            if followed is None:
                del self._budgets[key]
            else:
                self._budgets[key] = followed


def _is_healthy(budget: BudgetRecord, live: Mapping[str, InstanceRecord]) -> bool:
    """Return whether the target is healthy; one that is gone harms nobody, so its budget runs out as well."""
    targets = (
        live.values() if budget.instance is None else filter(None, [live.get(budget.instance)])
    )
    return all(instance.health is Health.HEALTHY for instance in targets)
