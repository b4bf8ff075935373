"""What every use case gets as its first argument."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from tagent_platform.core.records import TokenRole
from tagent_platform.ports.clock import Clock
from tagent_platform.ports.notifier import Notifier
from tagent_platform.ports.runtime import Runtime
from tagent_platform.ports.series import Series
from tagent_platform.ports.store import Store
from tagent_platform.ports.verifier import Verifier
from tagent_platform.usecases.contacts import Contacts
from tagent_platform.usecases.fleet import Fleet
from tagent_platform.usecases.looks import Looks
from tagent_platform.usecases.plan_waiters import PlanWaiters
from tagent_platform.usecases.proofs import Proofs
from tagent_platform.usecases.store_watch import StoreWatch
from tagent_platform.usecases.turns import Turns

_ID_LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"
_ID_LENGTH = 12


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks: a token's name and role, for the event log. `service` bounds a sidecar's token."""

    name: str
    role: TokenRole
    service: str | None = None


HEALING = Actor("healing", TokenRole.ADMIN)
"""The platform itself, when nobody asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The platform's own numbers; those of a service are in its policy."""

    offline_after_s: float = 12.0
    forgotten_after_s: float = 600.0
    """Without contact for this long, an instance is gone for good."""
    acknowledged_within_s: float = 10.0
    """A fault that its sidecar has not acknowledged by then has failed."""
    lease_s: float = 15.0
    """The sidecars' lease: without an answer for this long they end every fault by themselves."""
    lost_margin_s: float = 2.0
    """Granted to a sidecar beyond lease and ttl before its fault counts as lost."""
    counters_interval_s: float = 1.0
    """A fault's `injected` is written down at most this often unless its state changes."""
    figures_window_s: float = 10.0
    plan_wait_s_max: float = 60.0
    away_after_s: float = 3.0
    """A control loop that ran this late was away; silence meanwhile does not count."""
    superseded_boots_kept: int = 8
    ended_faults_kept: int = 500
    resolved_incidents_kept: int = 500
    run_silence_s: float = 15.0
    """An experiment's run whose heartbeat stopped for this long is over, and its faults with it."""
    run_waits_s: float = 3600.0
    """A run that no runner took for this long is over: nobody expects it any more to break anything."""
    ended_runs_kept: int = 2000
    order_acknowledged_within_s: float = 15.0
    """Beyond the stop's grace; a restart whose process is not another one by then was not carried out."""
    storm_services_min: int = 5
    storm_ratio: float = 0.5
    """A storm is at least that many services, and more than this share of all, sick at once."""
    storm_window_s: float = 60.0
    storm_settle_s: float = 1.0
    """Where a storm is possible, an organic sickness waits this long to see whether others fall too."""
    review_interval_s: float = 0.25
    """A service whose records stay the same is looked at again after this time, since deadlines pass."""
    heal_concurrency: int = 16
    act_timeout_s: float = 30.0
    delivery_tries_max: int = 20
    delivery_retry_first_s: float = 2.0
    """Before the second try; doubled for each further one."""
    delivery_retry_max_s: float = 300.0
    deliveries_kept_max: int = 1000
    """Messages waiting to be taken; beyond that many the oldest are dropped."""
    receipts_kept_s: float = 86_400.0
    commit_tries: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Platform:
    """The ports, the numbers and what is remembered in memory. One a process."""

    store: Store
    series: Series
    runtime: Runtime
    clock: Clock
    contacts: Contacts
    fleet: Fleet
    store_watch: StoreWatch
    plan_waiters: PlanWaiters
    report_turns: Turns[list[Any]] = field(default_factory=Turns)
    """Reports of a service that may change something, a turn at a time."""
    limits: Limits = field(default_factory=Limits)
    rng: random.Random = field(default_factory=random.SystemRandom)
    notifier: Notifier | None = None
    """Without one nobody outside is told of escalations and resolutions."""
    verifier: Verifier | None = None
    """Without one a policy's verify request is never answered."""
    proofs: Proofs = field(default_factory=Proofs)
    looks: Looks = field(default_factory=Looks)

    def new_id(self) -> str:
        """Return a new id, short enough to be typed."""
        return "".join(self.rng.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))


def assemble(
    *,
    store: Store,
    series: Series,
    runtime: Runtime,
    clock: Clock,
    limits: Limits | None = None,
    rng: random.Random | None = None,
) -> Platform:
    """Return a platform over these ports that has heard of nobody yet."""
    return Platform(
        store=store,
        series=series,
        runtime=runtime,
        clock=clock,
        contacts=Contacts(clock.monotonic(), clock.now()),
        fleet=Fleet(store),
        store_watch=StoreWatch(),
        plan_waiters=PlanWaiters(store),
        limits=limits or Limits(),
        rng=rng or random.SystemRandom(),
    )
