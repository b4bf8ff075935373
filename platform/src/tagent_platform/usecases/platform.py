"""What every use case gets as its first argument."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from tagent_platform.core.records import TokenRole
from tagent_platform.ports.clock import Clock
from tagent_platform.ports.notifier import Notifier
from tagent_platform.ports.replicas import Replicas
from tagent_platform.ports.runtime import Runtime
from tagent_platform.ports.series import Series
from tagent_platform.ports.store import Operations, Store
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
PLATFORM = Actor("platform", TokenRole.ADMIN)
"""The platform itself, when nobody asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The platform's own numbers; those of a service are in its policy."""

    offline_after_s: float = 12.0
    forgotten_after_s: float = 600.0
    """Without contact for this long, an instance is gone for good."""
    replaced_after_s: float = 60.0
    """The same, for an instance whose runtime starts others under other names, while others are heard."""
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
    roll_out_within_s: float = 600.0
    """From the order to the new revision serving; one that takes longer has failed."""
    unanswered_order_s: float = 120.0
    """How long a roll-out is asked for again while the runtime gives no answer."""
    roll_out_poll_s: float = 1.0
    """Between two looks at a roll-out that is under way."""
    revisions_poll_s: float = 5.0
    """Between two looks at a service with instances of several revisions."""
    roll_back_poll_s: float = 15.0
    """Between two looks for a mended revision, while traffic is held on an earlier one."""
    confirm_interval_s: float = 1.0
    replica_heartbeat_interval_s: float = 5.0
    """Instead of that where several processes share the store: a confirmation is their heartbeat too."""
    hearsay_late_s: float = 8.0
    """Whom another process heard is known this much later, at most."""
    takeover_after_s: float = 15.0
    """A leader that was not heard for this long is replaced."""
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
    replicas: Replicas | None = None
    """Without it this process is alone on its store, and leads."""
    operations: Operations | None = None
    """Counted where the storage charges for them."""
    proofs: Proofs = field(default_factory=Proofs)
    looks: Looks = field(default_factory=Looks)

    @property
    def patience_s(self) -> float:
        """For how much longer than its own ears a process waits, since another one may have heard."""
        return 0.0 if self.replicas is None else self.limits.hearsay_late_s

    @property
    def is_cut_off(self) -> bool:
        """Whether, of several processes, this one has not met the others over the store for longer than they wait for its word.

        A call that hangs is found out here seconds before it fails.
        """
        if self.replicas is None:
            return False
        age_s = self.store_watch.confirmed_age_s(self.clock.monotonic())
        return self.store_watch.is_away or age_s > self.limits.hearsay_late_s

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
