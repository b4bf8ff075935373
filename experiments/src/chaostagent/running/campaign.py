"""Many runs: side by side where their targets differ, one after the other where they do not, and each to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from chaostagent.catalog import Experiment
from chaostagent.running.one_run import Place, begin, carry_out, trial_of, until_settled
from chaostagent.running.results import Trial
from chaostagent.running.schedule import Job, may_begin
from tagent_client.errors import TagentError
from tagent_contract.experiments import RunResult, Verdict

SETTLED_WITHIN_S = 60.0
LOOK_EVERY_S = 0.5
REASON = "tagent chaos run"

Tell = Callable[[Trial], None]


@dataclass
class Campaign:
    """Runs each of the experiments `repeat` times. `tell` gets each result as it comes."""

    place: Place
    experiments: Sequence[Experiment]
    repeat: int
    side_by_side: int
    tell: Tell
    tell_begun: Callable[[Job], None]
    trials: list[Trial] = field(default_factory=list)

    async def run(self) -> None:
        """Carry all out. Cancelled, it stops those that go on, in order, begins no more, and keeps what came of them."""
        waiting = await self._jobs()
        by_name = {experiment.name: experiment for experiment in self.experiments}
        running: dict[asyncio.Task[Trial], Job] = {}
        try:
            while waiting or running:
                for job in may_begin(waiting, running.values(), self.side_by_side):
                    waiting.remove(job)
                    self.tell_begun(job)
                    run = self._one(by_name[job.experiment], job)
                    running[asyncio.ensure_future(run)] = job
                done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    del running[task]
                    self._take(task.result())
        finally:
            for task in running:
                task.cancel()
            for ended in await asyncio.gather(*running, return_exceptions=True):
                if isinstance(ended, Trial):
                    self._take(ended)

    async def _jobs(self) -> list[Job]:
        services = [view.name for view in await asyncio.to_thread(self.place.client.services)]
        return [
            Job(experiment.name, frozenset(experiment.declared.services(services)), number)
            for number in range(1, self.repeat + 1)
            for experiment in self.experiments
        ]

    def _take(self, trial: Trial) -> None:
        self.trials.append(trial)
        self.tell(trial)

    async def _one(self, experiment: Experiment, job: Job) -> Trial:
        place = self.place
        began = place.now()
        run = None
        try:
            await until_settled(place.client, tuple(job.targets), SETTLED_WITHIN_S, LOOK_EVERY_S)
            run = await begin(place, experiment, REASON)
        except TagentError as error:
            result = RunResult(verdict=Verdict.ERROR, why=f"it could not begin: {error}")
        except asyncio.CancelledError:
            result = RunResult(verdict=Verdict.ABORTED, why="interrupted before it began")
        else:
            result = await carry_out(place, experiment, run, job.number)
        return trial_of(place, experiment, run, result, job.number, began)
