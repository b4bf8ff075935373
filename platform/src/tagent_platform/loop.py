"""The one control loop: observe, decide, commit, act, and again when something changed or some time has passed.

Lanes run side by side, so that a slow runtime, service or webhook never keeps the platform from watching: the control lane
decides and commits, the others give the orders that it wrote down, ask recovered services, and send messages. Each step fails
alone. While the store is away nothing is decided; when it is back everybody's silence counts anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tagent_platform.ports.replicas import NotLeaderError
from tagent_platform.ports.store import StoreUnavailableError
from tagent_platform.usecases.carry_out_attempts import carry_out_attempts
from tagent_platform.usecases.deliver_webhooks import deliver_webhooks
from tagent_platform.usecases.exchange_hearsay import listen_to_others
from tagent_platform.usecases.expire_faults import expire_faults
from tagent_platform.usecases.expire_runs import expire_runs
from tagent_platform.usecases.follow_roll_outs import follow_roll_outs
from tagent_platform.usecases.heal_services import heal_services
from tagent_platform.usecases.lead import contend, leads
from tagent_platform.usecases.mark_offline import mark_offline
from tagent_platform.usecases.platform import Platform
from tagent_platform.usecases.prove_recoveries import prove_recoveries
from tagent_platform.usecases.prune_records import prune_records
from tagent_platform.usecases.settle_services import settle_services

_logger = logging.getLogger(__name__)

Step = Callable[[Platform], Awaitable[object]]

LANES: tuple[Step, ...] = (
    carry_out_attempts,
    follow_roll_outs,
    prove_recoveries,
    deliver_webhooks,
)
"""What the control lane wakes after each look."""
CONTROL_STEPS: tuple[Step, ...] = (
    mark_offline,
    expire_runs,
    expire_faults,
    heal_services,
    settle_services,
)
"""In this order: who is there, what acts on them, what to do about it, and how that leaves each service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopTimes:
    """How often the loop looks."""

    tick_s: float = 0.5
    """The longest time between two looks."""
    tick_spacing_s: float = 0.02
    """The shortest; many changes in it are looked at together."""
    prune_interval_s: float = 60.0


class ControlLoop:
    """Runs the lanes until it is cancelled.

    `acting`: the platform as the steps get it, where what they write has to be held to this process leading.
    """

    def __init__(
        self,
        platform: Platform,
        times: LoopTimes | None = None,
        steps: Sequence[Step] = CONTROL_STEPS,
        acting: Platform | None = None,
    ) -> None:
        self._platform = platform
        self._acting = acting or platform
        self._steps = steps
        self._times = times or LoopTimes()
        self._wakes = {step: asyncio.Event() for step in LANES}
        self._pruned_monotonic = platform.clock.monotonic()
        self.ticked_monotonic = platform.clock.monotonic()
        """When the control lane last looked at everything."""

    async def run(self) -> None:
        """Run until cancelled; nothing that a step does ends it."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._control(), name="control lane")
            for step, wake in self._wakes.items():
                group.create_task(self._lane(wake, step), name=_name(step))

    async def tick(self) -> None:
        """Look once, and wake the other lanes."""
        self._listen()
        if self._platform.replicas is not None:
            await self._try(contend, self._platform)
        for step in self._steps:
            await self._try(step)
        now = self._platform.clock.monotonic()
        if now - self._pruned_monotonic >= self._times.prune_interval_s:
            self._pruned_monotonic = now
            await self._try(prune_records)
        self.ticked_monotonic = self._platform.clock.monotonic()
        for wake in self._wakes.values():
            wake.set()

    async def _control(self) -> None:
        clock, seen = self._platform.clock, -1
        while True:
            # Asked for before the look, so that a change during it is looked at again.
            seen = await self._latest(seen)
            await self.tick()
            await clock.sleep(self._times.tick_spacing_s)
            await self._wait_for_change(seen)

    async def _latest(self, seen: int) -> int:
        try:
            return await self._platform.store.changed(-1)
        except StoreUnavailableError:
            return seen

    async def _wait_for_change(self, seen: int) -> None:
        """Return when the store changed, at the latest after a tick."""
        clock, store = self._platform.clock, self._platform.store
        waits = {
            asyncio.ensure_future(clock.sleep(self._times.tick_s)),
            asyncio.ensure_future(store.changed(seen)),
        }
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)

    async def _lane(self, wake: asyncio.Event, step: Step) -> None:
        while True:
            await wake.wait()
            wake.clear()
            await self._try(step)

    def _listen(self) -> None:
        """Note who was heard, here or by another process; those who do not lead do so too, to be able to at any time."""
        platform = self._platform
        clock = platform.clock
        platform.contacts.tick(clock.monotonic(), clock.now(), platform.limits.away_after_s)
        listen_to_others(platform)

    async def _try(self, step: Step, by: Platform | None = None) -> None:
        """Run a step; what goes wrong in it is logged, and stops neither the others nor the next look."""
        platform = self._platform
        if platform.store_watch.is_away or (by is None and not leads(platform)):
            return
        try:
            await step(by or self._acting)
        except NotLeaderError as error:
            _logger.info("the step %s was not finished: %s", _name(step), error)
        except Exception as error:
            if not _is_store_away(error):
                _logger.exception("the step %s failed", _name(step))
                return
            platform.store_watch.failed()
            _logger.warning("the store is away, nothing is decided until it is back: %s", error)


def _is_store_away(error: Exception) -> bool:
    if isinstance(error, ExceptionGroup):
        return error.subgroup(StoreUnavailableError) is not None
    return isinstance(error, StoreUnavailableError)


def _name(step: Step) -> str:
    return str(getattr(step, "__name__", step))
