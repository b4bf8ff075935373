"""The plan, by long-poll: a request waits at the platform until there is a new plan, or for some seconds.

The lease counts from when a request was sent (`answers.confirmed_at`), so a request that waited long renews little.
While reports renew the lease, requests may wait long; when reports do not, they are cut short enough to do it alone.
"""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote, urlencode

from tagent_contract.plan import Plan, PlanRevision
from tagent_contract.wire import WireError, decode
from tagent_sidecar.platform_link.answers import (
    Meaning,
    confirmed_at,
    describe,
    read_meaning,
    retry_after_s,
)
from tagent_sidecar.platform_link.backoff import Backoff
from tagent_sidecar.platform_link.http import Answer, HttpClient, LinkError
from tagent_sidecar.platform_link.settings import LinkSettings

log = logging.getLogger("tagent_sidecar.plan")

_PAUSE_S = 0.02
"""Between requests, so that a platform that answers at once with the same is not asked without end."""


class PlanListener(Protocol):
    """What the sidecar does with what the platform says."""

    def plan_confirmed(self, at: float) -> None:
        """Renew the lease as of this monotonic time."""

    def plan_received(self, plan: Plan) -> None:
        """Carry out a plan that is newer than the last one."""

    def superseded(self) -> None:
        """Stop injecting: a newer boot has this name. Called once."""


@dataclass(frozen=True, slots=True)
class HeldPlan:
    """Which plan the sidecar has."""

    epoch: str
    revision: int

    def is_older_than(self, epoch: str, revision: int) -> bool:
        """Return whether that plan should take this one's place."""
        return epoch != self.epoch or revision > self.revision


class PlanPoll:
    """Keeps the plan current. `run` it in one task; everything else may be called from anywhere on its loop."""

    def __init__(
        self,
        client: HttpClient,
        route: str,
        settings: LinkSettings,
        listener: PlanListener,
        backoff: Backoff,
    ) -> None:
        """Ask nothing yet. `route` is the plan's, with `boot_id` in its query."""
        self.held: HeldPlan | None = None
        self._client = client
        self._route = route
        self._settings = settings
        self._listener = listener
        self._backoff = backoff
        self._wanted = asyncio.Event()
        self._is_superseded = False
        self._pending: asyncio.Timeout | None = None
        self._report_confirmed_at = float("-inf")

    def report_answered(self, answer: Answer, newest: PlanRevision) -> None:
        """Take in what a report's answer says of the plan: it may renew the lease, or speak of a newer plan."""
        held = self.held
        if held == HeldPlan(newest.epoch, newest.plan_revision):
            at = confirmed_at(answer, self._settings.confirmed_age_max_s)
            if at is not None:
                self._report_confirmed_at = at
                self._listener.plan_confirmed(at)
        elif held is None or held.is_older_than(newest.epoch, newest.plan_revision):
            self._wanted.set()
            self._hurry()

    def stop(self) -> None:
        """Ask no more; for a sidecar that was superseded."""
        self._is_superseded = True
        self._wanted.set()
        self._hurry(within_s=0)

    async def run(self) -> None:
        """Ask until superseded. The first question follows the first answered report, which registers the instance."""
        await self._wanted.wait()
        while not self._is_superseded:
            self._wanted.clear()
            pause_s = await self._ask()
            await self._pause(pause_s)

    async def _ask(self) -> float:
        """Ask once; return how long to wait before the next time."""
        wait_s = self._wait_s()
        try:
            async with asyncio.timeout(None) as self._pending:
                answer = await self._client.request(
                    "GET",
                    self._route_with(wait_s),
                    timeout_s=wait_s + self._settings.plan_timeout_s,
                )
        except TimeoutError:  # hurried: what the platform holds back is overdue
            return 0.0
        except LinkError as error:
            log.debug("no plan: %s", error)
            return self._backoff.failed()
        finally:
            self._pending = None
        return self._read(answer)

    def _read(self, answer: Answer) -> float:
        meaning = read_meaning(answer)
        match meaning:
            case Meaning.TAKEN:
                return self._take(answer)
            case Meaning.UNCHANGED:
                self._backoff.succeeded()
                self._confirm(answer)
                return self._rhythm_s()
            case Meaning.SUPERSEDED:
                self._is_superseded = True
                self._listener.superseded()
                return 0.0
            case Meaning.DENIED | Meaning.SHUT_OUT:
                log.debug("no plan: %s", describe(answer))
                return self._settings.slow_retry_s
            case Meaning.UNKNOWN_ROUTE | Meaning.UNACCEPTABLE | Meaning.BUSY:
                log.debug("no plan: %s", describe(answer))
                return max(self._backoff.failed(), retry_after_s(answer))

    def _take(self, answer: Answer) -> float:
        try:
            plan = decode(answer.body, Plan)
        except WireError as error:
            log.warning("the platform's plan cannot be read, so it is ignored: %s", error)
            return self._backoff.failed()
        if self.held is not None and not self.held.is_older_than(plan.epoch, plan.revision):
            # Nothing new, and perhaps from a platform that has not caught up: it confirms nothing.
            if self.held == HeldPlan(plan.epoch, plan.revision):
                self._confirm(answer)
            return self._backoff.failed()
        self._backoff.succeeded()
        self.held = HeldPlan(plan.epoch, plan.revision)
        self._confirm(answer)
        self._listener.plan_received(plan)
        return self._rhythm_s()

    def _confirm(self, answer: Answer) -> None:
        at = confirmed_at(answer, self._settings.confirmed_age_max_s)
        if at is not None:
            self._listener.plan_confirmed(at)

    def _wait_s(self) -> float:
        settings = self._settings
        if self.held is None or settings.plan_wait_s == 0:
            return 0.0
        reports_renew = time.monotonic() - self._report_confirmed_at < settings.lease_s / 2
        return min(settings.plan_wait_s, settings.lease_s / (1.5 if reports_renew else 4))

    def _rhythm_s(self) -> float:
        is_plain = self._settings.plan_wait_s == 0
        return self._settings.plan_interval_s if is_plain else _PAUSE_S

    def _route_with(self, wait_s: float) -> str:
        if self.held is None:
            return self._route
        asked = {"epoch": self.held.epoch, "revision": self.held.revision, "wait_s": f"{wait_s:g}"}
        return f"{self._route}&{urlencode(asked)}"

    def _hurry(self, within_s: float | None = None) -> None:
        if self._pending is None:
            return
        within_s = self._settings.plan_overdue_s if within_s is None else within_s
        latest = asyncio.get_running_loop().time() + within_s
        present = self._pending.when()
        if present is None or latest < present:
            self._pending.reschedule(latest)

    async def _pause(self, pause_s: float) -> None:
        if pause_s <= _PAUSE_S:
            await asyncio.sleep(pause_s)
            return
        try:
            async with asyncio.timeout(pause_s):
                await self._wanted.wait()
        except TimeoutError:
            return
        # Woken by a report's answer: the platform is there. Not at once all the same, in case it always says so.
        await asyncio.sleep(_PAUSE_S)


def plan_route(service: str, instance: str, boot_id: str) -> str:
    """Return where this boot's plan is."""
    where = f"/api/v1/instances/{quote(service, safe='')}/{quote(instance, safe='')}/plan"
    return f"{where}?{urlencode({'boot_id': boot_id})}"
