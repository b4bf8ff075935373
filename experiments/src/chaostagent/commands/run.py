"""`tagent chaos run`: the experiments, the platform they run on, what is said of them, and how it exits."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chaostagent.catalog import (
    CatalogError,
    Experiment,
    choose,
    own_folder,
    read_catalog,
    without,
)
from chaostagent.commands.until_signal import until_signal
from chaostagent.reports.words import headline, outcome, seconds
from chaostagent.reports.write import PAGE, write_reports
from chaostagent.running.campaign import Campaign as Course
from chaostagent.running.one_run import Place
from chaostagent.running.results import Campaign, Trial, red_line
from chaostagent.running.runner import publish
from chaostagent.running.schedule import Job
from tagent_client.cli import screen
from tagent_client.cli.__main__ import ExitCode
from tagent_client.cli.commands.up import make_plan
from tagent_client.cli.failures import CommandFailedError, WrongUsageError
from tagent_client.cli.launch.home import Home
from tagent_client.cli.launch.stack import Stack, StartFailedError
from tagent_client.cli.launch.stack_plan import SAMPLES, StackPlan
from tagent_client.cli.session import open_client
from tagent_client.cli.views.sheet import Cell
from tagent_client.client import Client
from tagent_client.settings import UpFile, read_up_file
from tagent_contract.times import format_time

HEALTHY_WITHIN_S = 40.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What was asked for."""

    experiments: tuple[str, ...]
    tags: tuple[str, ...]
    skipped: tuple[str, ...]
    variables: Mapping[str, str]
    repeat: int
    side_by_side: int
    catalog: Path | None
    reports: Path | None
    own_stack: bool
    json: bool


def run_experiments(wish: Wish) -> int:
    """Carry the wish out, and return the exit code. Raises WrongUsageError for what is invalid, and TagentError."""
    try:
        found = read_catalog(wish.catalog or own_folder(), wish.variables)
        catalog = without(found, wish.skipped)
        chosen = choose(catalog, wish.experiments, wish.tags, wish.variables)
    except CatalogError as error:
        raise WrongUsageError(str(error)) from error
    if wish.own_stack:
        return _on_own_stack(wish, chosen, catalog)
    with open_client() as client:
        client.whoami()
        return _run(_campaign(wish, chosen, catalog, client))


def _on_own_stack(wish: Wish, chosen: list[Experiment], catalog: Mapping[str, Experiment]) -> int:
    home = Path(tempfile.mkdtemp(prefix="tagent-chaos-"))
    plan = replace(make_plan(SAMPLES, {}, 0, traffic_per_s=12.0, has_dashboard=False), home=home)
    code = int(ExitCode.FAILED)
    try:
        with Home(home) as taken:
            code = _run(_with_stack(wish, chosen, catalog, plan, taken))
    except StartFailedError as error:
        raise CommandFailedError(str(error)) from error
    finally:
        if code == ExitCode.FAILED:
            screen.notice(Cell(f"Logs of the platform and the samples: {home / 'logs'}", "dim"))
        else:
            shutil.rmtree(home, ignore_errors=True)
    return code


async def _with_stack(
    wish: Wish,
    chosen: list[Experiment],
    catalog: Mapping[str, Experiment],
    plan: StackPlan,
    home: Home,
) -> int:
    stack = Stack(plan, _tell)
    home.tell_others(
        UpFile(
            pid=os.getpid(),
            url=plan.url,
            samples={one.service: one.own_url for one in plan.samples},
        )
    )
    try:
        await stack.start()
        with Client(stack.settings) as client:
            # What is written for people to read must outlive the temporary home.
            outside = replace(wish, reports=wish.reports or _folder(Path.cwd() / ".tagent"))
            return await _campaign(outside, chosen, catalog, client)
    finally:
        await stack.stop()


def _run(work: Coroutine[Any, Any, int]) -> int:
    code, end = asyncio.run(
        until_signal(work, lambda: _tell("stopping: each run plays its rollbacks first"))
    )
    return ExitCode.INTERRUPTED if end.by is not None else code


async def _campaign(
    wish: Wish, chosen: list[Experiment], catalog: Mapping[str, Experiment], client: Client
) -> int:
    began = _now()
    folder = wish.reports or _folder(client.settings.home)
    folder.mkdir(parents=True, exist_ok=True)
    up = read_up_file(client.settings.home)
    dashboard = up.dashboard if up and up.url == client.settings.url else None
    place = Place(client, folder.absolute(), dict(os.environ), _now)  # noqa: TID251 — handed on to processes of ours
    course = Course(
        place,
        chosen,
        wish.repeat,
        wish.side_by_side,
        tell=lambda trial: _tell_trial(trial, dashboard),
        tell_begun=_tell_begun,
    )
    interrupted = False
    try:
        await publish(place, catalog)
        await course.run()
    except asyncio.CancelledError:
        interrupted = True
    campaign = Campaign(
        started_at=format_time(began),
        took_s=round(_now() - began, 3),
        platform=client.settings.url,
        dashboard=dashboard,
        interrupted=interrupted,
        trials=tuple(sorted(course.trials, key=lambda trial: (trial.experiment, trial.number))),
    )
    write_reports(folder, campaign)
    if wish.json:
        screen.show_json(campaign)
    else:
        look = "good" if campaign.is_green else "bad"
        screen.show_line(
            Cell(headline(campaign), look),
            f" in {seconds(campaign.took_s)}. Report: {folder / PAGE}",
        )
    if interrupted:
        return ExitCode.INTERRUPTED
    return ExitCode.OK if campaign.is_green else ExitCode.FAILED


def _folder(home: Path) -> Path:
    """Return a folder for what this command leaves, which no other one has that began in the same second."""
    moment = time.strftime("%Y%m%d-%H%M%S", time.gmtime(_now()))
    return home / "chaos" / f"{moment}-{os.getpid()}"


def _now() -> float:
    return time.time()  # noqa: TID251 — a command's edge


def _tell_begun(job: Job) -> None:
    number = f" ({job.number})" if job.number > 1 else ""
    _tell(f"{job.experiment}{number} on {', '.join(sorted(job.targets))} ...")


def _tell_trial(trial: Trial, dashboard: str | None) -> None:
    if trial.is_as_wanted:
        mttr = (
            f", MTTR {', '.join(seconds(each) for each in trial.result.mttr_s)}"
            if trial.result.mttr_s
            else ""
        )
        told = f"{len(trial.result.promises)} promises, {trial.result.injected} injected{mttr}"
        screen.notice(
            Cell("✔ ", "good"), f"{trial.experiment}: {outcome(trial)} ", Cell(f"({told})", "dim")
        )
    else:
        screen.notice(Cell("✘ ", "bad"), red_line(trial, dashboard))


def _tell(line: str) -> None:
    screen.notice(Cell(line, "dim"))
