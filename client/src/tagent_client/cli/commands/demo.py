"""`tagent demo`: breaks each sample, watches it heal, tells the story, ends; needs nobody."""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from tagent_client.cli import screen
from tagent_client.cli.commands.up import make_plan
from tagent_client.cli.drill.callers import Callers
from tagent_client.cli.drill.course import run_trial, until_healthy
from tagent_client.cli.drill.trials import (
    CRASH,
    ERROR,
    HANG,
    LATENCY,
    Course,
    Trial,
    broken_promises,
)
from tagent_client.cli.failures import CommandFailedError
from tagent_client.cli.launch.home import Home
from tagent_client.cli.launch.signals import EndOfRun
from tagent_client.cli.launch.stack import Stack, StartFailedError
from tagent_client.cli.launch.stack_plan import SAMPLES, Sample, StackPlan
from tagent_client.cli.session import JsonOption
from tagent_client.cli.views import drill as views
from tagent_client.cli.views.incidents import timeline_sheet
from tagent_client.cli.views.sheet import Cell
from tagent_client.client import Client
from tagent_contract.incidents import TimelineEntry

PROGRAM: tuple[tuple[str, tuple[Trial, ...]], ...] = (
    ("chat-service", (LATENCY,)),
    ("summary-service", (ERROR,)),
    ("demo-service", (CRASH, HANG)),
)
"""Service → its trials, one after the other. Services side by side: a fault on one is nothing to the others."""
HEALTHY_WITHIN_S = 40.0
WHOLE_S_MAX = 175.0

Result = tuple[Trial, Course, list[str]]


class DrillReport(msgspec.Struct, frozen=True, kw_only=True):
    """What `demo --json` writes."""

    kept: bool
    """All went as promised."""
    trials: dict[str, Course]
    broken: dict[str, list[str]]


def demo(json: JsonOption = False) -> None:
    """Break each sample, watch it heal, show the timelines, end.

    Runs a platform and samples of its own, in a temporary home and on free ports, for about a minute: latency ends by its ttl and restarts
    nothing; error, crash and hang are healed. Exits with 0 only if every fault was real for callers and every service recovered as promised.
    """
    home = Path(tempfile.mkdtemp(prefix="tagent-demo-"))
    plan = replace(make_plan(SAMPLES, {}, 0, traffic_per_s=0.0, has_dashboard=False), home=home)
    code = 1
    try:
        with Home(home):
            code = asyncio.run(_run(plan, json=json))
    except StartFailedError as error:
        raise CommandFailedError(str(error)) from error
    finally:
        if code == 1:
            screen.error_line(
                "the demo did not go as promised", f"Its logs are in {home / 'logs'}."
            )
        else:
            shutil.rmtree(home, ignore_errors=True)
    sys.exit(code)


async def _run(plan: StackPlan, *, json: bool) -> int:
    end = EndOfRun()
    end.listen()
    stack = Stack(plan, _tell)
    drill = asyncio.ensure_future(_drill(stack))
    asked = asyncio.ensure_future(end.asked.wait())
    try:
        async with asyncio.timeout(WHOLE_S_MAX):
            await asyncio.wait([drill, asked], return_when=asyncio.FIRST_COMPLETED)
        if asked.done():
            return end.exit_code or 130
        results = drill.result()
    except TimeoutError:
        raise StartFailedError(f"the drill is not over after {WHOLE_S_MAX:g} s") from None
    finally:
        asked.cancel()
        drill.cancel()
        await asyncio.gather(drill, return_exceptions=True)
        await stack.stop()
    _report(results, json=json)
    return 1 if any(broken for _trial, _course, broken in results) else 0


async def _drill(stack: Stack) -> list[Result]:
    _tell("starting a platform and three samples of its own ...")
    await stack.start()
    with Client(stack.settings) as client:
        sick = await until_healthy(client, [name for name, _ in PROGRAM], HEALTHY_WITHIN_S)
        if sick:
            raise StartFailedError(f"not healthy within {HEALTHY_WITHIN_S:g} s: {', '.join(sick)}")
        _tell("all healthy; breaking them")
        began = time.monotonic()
        samples = {sample.service: sample for sample in stack.plan.samples}
        async with asyncio.TaskGroup() as group:
            running = [
                group.create_task(_on_service(client, samples[service], trials, began))
                for service, trials in PROGRAM
            ]
    return [result for task in running for result in task.result()]


async def _on_service(
    client: Client, sample: Sample, trials: Sequence[Trial], began: float
) -> list[Result]:
    callers = Callers(sample.url, sample.try_path, began)
    calling = asyncio.ensure_future(callers.run())
    results: list[Result] = []
    try:
        await asyncio.sleep(1.0)
        for trial in trials:
            _tell(f"{_clock(began)} {sample.service}: injecting {trial.name}")
            course = await run_trial(
                client,
                sample.service,
                trial,
                callers,
                lambda service, entry: _tell_entry(service, entry, began),
            )
            results.append((trial, course, broken_promises(trial, course)))
    finally:
        calling.cancel()
        await asyncio.gather(calling, return_exceptions=True)
    return results


def _clock(began: float) -> str:
    return f"{time.monotonic() - began:5.1f} s"


def _tell_entry(service: str, entry: TimelineEntry, began: float) -> None:
    if entry.kind in views.STEPS:
        _tell(f"{_clock(began)} {service}: {entry.text}")


def _tell(line: str) -> None:
    screen.notice(Cell(line, "dim"))


def _report(results: Sequence[Result], *, json: bool) -> None:
    if json:
        report = DrillReport(
            kept=not any(broken for _trial, _course, broken in results),
            trials={trial.name: course for trial, course, _broken in results},
            broken={trial.name: broken for trial, _course, broken in results if broken},
        )
        screen.show_json(report)
        return
    for trial, course, _broken in results:
        screen.show_line()
        screen.show_line(*views.heading(trial, course))
        screen.show_line(*views.callers_line(trial, course))
        screen.show_sheet(timeline_sheet(views.story(course.fault.timeline)))
    screen.show_line()
    screen.show_sheet(views.result_sheet(results))
