"""One run: begun on the platform, carried out by `chaos run` in a process of its own, and read from its journal.

The process is the one thing here that may fail in any way. Whatever becomes of it, the run on the platform is ended, and its faults with it.
"""

from __future__ import annotations

import asyncio
import json
import shlex
import signal
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from chaostagent.catalog import Experiment
from chaostagent.judgement.bystanders import complaint_about
from chaostagent.running.results import Trial
from chaostagent.settings import RUN_ID_VARIABLE
from tagent_client.cli.launch.bounded_log import BoundedLog
from tagent_client.cli.launch.child import Child, Command
from tagent_client.client import Client
from tagent_client.errors import ApiError, TagentError
from tagent_contract.experiments import RunRequest, RunResult, RunState, RunView, Verdict

ROLLBACK_GRACE_S = 60.0
"""After SIGTERM the process plays its rollbacks, and reports."""
LOG_LINES_SHOWN = 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where runs happen: the platform, the folder for what they leave, and the variables of their processes."""

    client: Client
    folder: Path
    environment: Mapping[str, str]
    now: Callable[[], float]
    """The time of this machine, for the report."""


async def begin(place: Place, experiment: Experiment, reason: str) -> RunView:
    """Begin a run on the platform, which reserves its targets. Raises TagentError."""
    services = [view.name for view in await asyncio.to_thread(place.client.services)]
    request = RunRequest(
        experiment=experiment.name,
        targets=experiment.declared.services(services),
        title=experiment.title,
        hypothesis=experiment.hypothesis,
        reason=reason,
        wanted=experiment.declared.verdict,
    )
    return await asyncio.to_thread(place.client.experiments.start, request)


async def carry_out(place: Place, experiment: Experiment, run: RunView, number: int) -> RunResult:
    """Carry out a run that has begun, and return its result. Cancelled, it stops the process in order and still returns."""
    stem = place.folder / f"{experiment.name}-{number}"
    journal, log = stem.with_suffix(".json"), BoundedLog(stem.with_suffix(".log"))
    child = await Child.start(_command(place, experiment, run, journal), log)
    waiting = asyncio.ensure_future(child.wait())
    try:
        await asyncio.shield(waiting)
    except asyncio.CancelledError:
        await child.stop()
    status = await waiting
    result = read_result(journal, status, log.tail(LOG_LINES_SHOWN))
    return await asyncio.to_thread(_settle, place.client, run.id, result)


def _command(place: Place, experiment: Experiment, run: RunView, journal: Path) -> Command:
    variables = [f"--var={pair}" for pair in experiment.variables]
    settings = place.client.settings
    return Command(
        experiment.name,
        [
            *(sys.executable, "-m", "chaostoolkit", "--no-version-check", "--no-log-file", "run"),
            *("--rollback-strategy", "always", "--journal-path", str(journal)),
            *variables,
            str(experiment.path),
        ],
        {
            **place.environment,
            "TAGENT_URL": settings.url,
            **({"TAGENT_TOKEN": settings.token} if settings.token else {}),
            "TAGENT_HOME": str(settings.home.absolute()),
            RUN_ID_VARIABLE: run.id,
        },
        stop_grace_s=ROLLBACK_GRACE_S,
        leash_signal=signal.SIGTERM,
    )


def read_result(journal: Path, exit_status: str, last_lines: list[str]) -> RunResult:
    """Return the result in a journal; one that is missing, cut, or at odds with the process's end is an error."""
    said = " ".join(last_lines)
    try:
        found = json.loads(journal.read_text(encoding="utf-8"))["tagent"]["result"]
        result = msgspec.convert(found, RunResult)
    except OSError:
        return _failed(exit_status, f"it left no journal ({exit_status}): {said}")
    except (ValueError, KeyError, TypeError) as error:
        return _failed(
            exit_status, f"its journal holds no verdict ({exit_status}): {error}: {said}"
        )
    if result.verdict is Verdict.PASSED and exit_status != "exit 0":
        return msgspec.structs.replace(
            result,
            verdict=Verdict.ERROR,
            why=f"its journal says passed, its process ended with {exit_status}",
        )
    return result


def _failed(exit_status: str, why: str) -> RunResult:
    verdict = Verdict.ABORTED if exit_status.startswith("signal") else Verdict.ERROR
    return RunResult(verdict=verdict, why=why[:1000])


def _settle(client: Client, run_id: str, result: RunResult) -> RunResult:
    """See that the platform knows how the run ended, and return the worse of what both say."""
    try:
        known = client.experiments.run(run_id)
        if known.state is not RunState.ENDED:
            client.experiments.finish(run_id, result)
        elif known.verdict is not result.verdict and result.verdict is Verdict.PASSED:
            why = known.result.why if known.result else ""
            return msgspec.structs.replace(
                result, verdict=Verdict.ERROR, why=f"the platform has it as {known.verdict}: {why}"
            )
    except ApiError as error:
        return msgspec.structs.replace(
            result, verdict=Verdict.ERROR, why=f"the platform did not take its result: {error}"
        )
    except TagentError as error:
        if result.verdict is Verdict.PASSED:
            return msgspec.structs.replace(result, verdict=Verdict.ERROR, why=str(error))
    return result


def trial_of(
    place: Place,
    experiment: Experiment,
    run: RunView | None,
    result: RunResult,
    number: int,
    began: float,
) -> Trial:
    """Put together what is to be reported of a run; `began` by this machine's clock."""
    from tagent_contract.times import format_time

    services = run.targets if run else experiment.declared.targets
    variables = "".join(f" --var {shlex.quote(pair)}" for pair in experiment.variables)
    return Trial(
        experiment=experiment.name,
        title=experiment.title,
        hypothesis=experiment.hypothesis,
        targets=services,
        number=number,
        run_id=run.id if run else None,
        started_at=format_time(began),
        took_s=round(place.now() - began, 3),
        wanted=experiment.declared.verdict,
        result=result,
        journal=str(place.folder / f"{experiment.name}-{number}.json"),
        again=f"tagent chaos run {experiment.path if not _is_own(experiment) else experiment.name}{variables}",
    )


def _is_own(experiment: Experiment) -> bool:
    from chaostagent.catalog import own_folder

    return experiment.path.parent == own_folder()


async def until_settled(
    client: Client, targets: tuple[str, ...], within_s: float, look_every_s: float
) -> None:
    """Wait until the targets are well and their last incidents over, so that one run does not spoil the next; the baseline judges."""
    until = time.monotonic() + within_s
    while time.monotonic() < until:
        views = [view for view in await asyncio.to_thread(client.services) if view.name in targets]
        if not any(map(complaint_about, views)):
            return
        await asyncio.sleep(look_every_s)
