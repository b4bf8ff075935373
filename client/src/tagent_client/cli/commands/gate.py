"""`tagent gate`: an exit code for pipelines."""

from __future__ import annotations

from typing import Annotated

import typer

from tagent_client.cli import screen
from tagent_client.cli.__main__ import ExitCode
from tagent_client.cli.failures import WrongUsageError
from tagent_client.cli.gate_rules import Limits, complaints
from tagent_client.cli.session import JsonOption, known_services, open_client
from tagent_client.cli.views.sheet import Cell


def gate(  # noqa: PLR0913 — a command's parameters are its options
    service: Annotated[
        str | None,
        typer.Option(
            "--service",
            help="Only this service; else all of them together.",
            autocompletion=known_services,
            show_default=False,
        ),
    ] = None,
    min_score: Annotated[
        float | None,
        typer.Option("--min-score", min=0, max=100, help="The least score.", show_default=False),
    ] = None,
    max_mttr_s: Annotated[
        float | None,
        typer.Option("--max-mttr-s", min=0, help="The longest MTTR, p95.", show_default=False),
    ] = None,
    max_mttd_s: Annotated[
        float | None,
        typer.Option("--max-mttd-s", min=0, help="The longest MTTD, p95.", show_default=False),
    ] = None,
    max_false_restarts: Annotated[
        int | None,
        typer.Option("--max-false-restarts", min=0, help="So many at most.", show_default=False),
    ] = None,
    max_missed: Annotated[
        int | None,
        typer.Option("--max-missed", min=0, help="Faults missed, at most.", show_default=False),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Exit with 0 when experiments have proven the service resilient enough, and with 1 when not, saying why.

    What was never measured has not been proven: a limit on it fails.
    """
    limits = Limits(
        min_score=min_score,
        max_mttr_s=max_mttr_s,
        max_mttd_s=max_mttd_s,
        max_false_restarts=max_false_restarts,
        max_missed=max_missed,
    )
    if limits == Limits():
        raise WrongUsageError("a gate needs a limit", "For example --min-score 80.")
    with open_client() as client:
        found = client.experiments.scores(service)[0]
    wrong = complaints(found, limits)
    if json:
        screen.show_json({"open": not wrong, "complaints": wrong, "score": found})
    else:
        name = found.service or "all services"
        for complaint in wrong:
            screen.show_line(Cell("closed ", "bad"), f"{name}: {complaint}")
        if not wrong:
            score = "" if found.score is None else f": score {found.score:g}"
            screen.show_line(Cell("open ", "good"), f"{name}{score}")
    if wrong:
        raise typer.Exit(ExitCode.FAILED)
