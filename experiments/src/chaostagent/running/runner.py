"""A runner: takes the runs that wait on the platform, and carries them out until it is told to end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import cycle

from chaostagent.catalog import CatalogError, Experiment, aimed_at
from chaostagent.running.one_run import Place, carry_out, trial_of
from chaostagent.running.results import Trial
from tagent_client.errors import ApiError, TagentError
from tagent_contract.experiments import Catalog, RunResult, RunView, Verdict

CLAIM_EVERY_S = 1.0
KEPT = 50
"""So many journals and logs of each experiment; the next takes the place of the oldest."""
PUBLISH_EVERY_S = 30.0
"""A service that came since belongs to the experiments on all of them."""


Tell = Callable[[Trial | RunView | str], None]


@dataclass
class Runner:
    """Carries out what waits on the platform; `tell` gets each run as it begins, and what came of it."""

    place: Place
    catalog: Mapping[str, Experiment]
    name: str
    side_by_side: int
    tell: Tell
    _running: set[asyncio.Task[None]] = field(default_factory=set)
    _numbers: Iterator[int] = field(default_factory=lambda: cycle(range(1, KEPT + 1)))
    _published_at: float = -PUBLISH_EVERY_S
    _complaint: str = ""

    async def serve(self) -> None:
        """Do so for ever. Cancelled, it stops what goes on, in order. Raises ApiError when it may not."""
        try:
            while True:
                claimed = await self._take_one()
                if claimed is None:
                    await asyncio.sleep(CLAIM_EVERY_S)
                else:
                    self._begin(claimed)
        finally:
            going_on = list(self._running)
            for task in going_on:
                task.cancel()
            await asyncio.gather(*going_on, return_exceptions=True)

    async def _take_one(self) -> RunView | None:
        """Return a run that is now ours, None while there is none, or the platform is away, which is said once."""
        try:
            await self._publish_now_and_then()
            claimed = await self._claim()
        except TagentError as error:
            if isinstance(error, ApiError) and error.status in (401, 403):
                raise
            if str(error) != self._complaint:
                self._complaint = str(error)
                self.tell(self._complaint)
            return None
        self._complaint = ""
        return claimed

    async def _publish_now_and_then(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._published_at >= PUBLISH_EVERY_S:
            await publish(self.place, self.catalog)
            self._published_at = now

    async def _claim(self) -> RunView | None:
        if len(self._running) >= self.side_by_side:
            return None
        claim = self.place.client.experiments.claim
        return await asyncio.to_thread(claim, self.name, tuple(self.catalog))

    def _begin(self, run: RunView) -> None:
        self.tell(run)
        task = asyncio.ensure_future(self._one(self.catalog[run.experiment], run))
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    async def _one(self, experiment: Experiment, run: RunView) -> None:
        place, number = self.place, next(self._numbers)
        began = place.now()
        try:
            services = [view.name for view in await asyncio.to_thread(place.client.services)]
            experiment = aimed_at(experiment, run.targets, services)
            result = await carry_out(place, experiment, run, number)
        except CatalogError as error:
            result = RunResult(verdict=Verdict.ERROR, why=str(error))
            await asyncio.to_thread(place.client.experiments.finish, run.id, result)
        except (TagentError, OSError) as error:
            self.tell(f"run {run.id} of {experiment.name}: {error}")
            return
        self.tell(trial_of(place, experiment, run, result, number, began))


async def publish(place: Place, catalog: Mapping[str, Experiment]) -> None:
    """Tell the platform what can be run, and on which services. Raises TagentError."""
    services = [view.name for view in await asyncio.to_thread(place.client.services)]
    known = tuple(
        each.info(services) for each in catalog.values() if each.declared.services(services)
    )
    await asyncio.to_thread(place.client.experiments.publish, Catalog(experiments=known))
