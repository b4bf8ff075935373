"""`tagent chaos runner`."""

from __future__ import annotations

import asyncio
import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chaostagent.catalog import CatalogError, own_folder, read_catalog, without
from chaostagent.commands.until_signal import until_signal
from chaostagent.running.one_run import Place
from chaostagent.running.results import Trial
from chaostagent.running.runner import Runner
from tagent_client.cli import screen
from tagent_client.cli.__main__ import ExitCode
from tagent_client.cli.failures import WrongUsageError
from tagent_client.cli.session import open_client
from tagent_client.cli.views.sheet import Cell
from tagent_contract.experiments import RunView


@dataclass(frozen=True, slots=True)
class Office:
    """What a runner does: under which name, which experiments with which variables, how many at once."""

    name: str | None
    catalog: Path | None
    skipped: tuple[str, ...]
    variables: Mapping[str, str]
    side_by_side: int


def run_runner(office: Office, *, json: bool) -> int:
    """Carry out what waits until a signal, and return the exit code. Raises WrongUsageError, ApiError."""
    try:
        found = read_catalog(office.catalog or own_folder(), office.variables)
    except CatalogError as error:
        raise WrongUsageError(str(error)) from error
    catalog = without(found, office.skipped)

    def tell(what: Trial | RunView | str) -> None:
        if json and not isinstance(what, str):
            screen.show_json_line(what)
        else:
            screen.notice(*_line(what))

    with open_client() as client:
        kept = client.settings.home / "chaos" / "runner"
        kept.mkdir(parents=True, exist_ok=True)
        place = Place(client, kept.absolute(), dict(os.environ), time.time)  # noqa: TID251 — handed on to processes of ours
        tell(f"{len(catalog)} experiments can be run; waiting for somebody to ask for one")
        name = office.name or platform.node() or "runner"
        serving = _serve(Runner(place, catalog, name, office.side_by_side, tell))
        _, end = asyncio.run(
            until_signal(serving, lambda: tell("stopping: each run plays its rollbacks first"))
        )
        return end.exit_code


async def _serve(runner: Runner) -> int:
    await runner.serve()
    return ExitCode.OK


def _line(what: Trial | RunView | str) -> tuple[Cell | str, ...]:
    match what:
        case str():
            return (Cell(what, "dim"),)
        case Trial():
            look = "good" if what.is_as_wanted else "bad"
            return (
                Cell(what.result.verdict.value, look),
                f" {what.experiment}, run {what.run_id} ",
                Cell(what.result.why, "dim"),
            )
        case _:
            return (
                f"run {what.id}: {what.experiment} on {', '.join(what.targets)}, for {what.created_by}",
            )
