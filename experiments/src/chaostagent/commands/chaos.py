"""`tagent chaos run|list|runner|forget|stop`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tagent_client.cli import screen
from tagent_client.cli.quick_commands import Command, CommandGroup
from tagent_client.cli.session import JsonOption, ReasonOption, open_client

app = typer.Typer(
    cls=CommandGroup,
    help="Run experiments that prove self-healing, and see what came of them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)

CatalogOption = Annotated[
    Path | None,
    typer.Option(
        "--catalog",
        metavar="FOLDER",
        help="Experiments of your own; else those that come with Tagent.",
        show_default=False,
    ),
]
VariableOption = Annotated[
    list[str] | None,
    typer.Option(
        "--var",
        metavar="NAME=VALUE",
        help="Set a variable of the experiments' configuration. May be repeated.",
    ),
]
SkipOption = Annotated[
    list[str] | None,
    typer.Option(
        "--skip",
        metavar="TAG",
        help="Leave those with this tag out, as if there were none. May be repeated.",
    ),
]
ServiceOption = Annotated[
    str | None,
    typer.Option(
        "--service",
        help="The service to try it on; short for --var service=NAME.",
        show_default=False,
    ),
]
SideBySideOption = Annotated[
    int,
    typer.Option(
        "--side-by-side", min=1, max=50, help="How many to run at once, on different services."
    ),
]


@app.command(cls=Command)
def run(  # noqa: PLR0913 — a command's parameters are its options
    experiments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[EXPERIMENT]...", help="Names of the catalog, or files; without any, all."
        ),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="Only those with this tag. May be repeated."),
    ] = None,
    skip: SkipOption = None,
    service: ServiceOption = None,
    var: VariableOption = None,
    repeat: Annotated[
        int, typer.Option("--repeat", min=1, max=1000, help="Run each so many times.")
    ] = 1,
    side_by_side: SideBySideOption = 3,
    catalog: CatalogOption = None,
    reports: Annotated[
        Path | None,
        typer.Option(
            "--reports",
            metavar="FOLDER",
            help="Where to write the reports; else below TAGENT_HOME.",
            show_default=False,
        ),
    ] = None,
    own_stack: Annotated[
        bool,
        typer.Option(
            "--own-stack", help="On a platform and samples of its own, in a temporary home."
        ),
    ] = False,
    json: JsonOption = False,
) -> None:
    """Run experiments, say of each whether the system healed as promised, and write the reports.

    Exit codes: 0 all as promised, 1 not, 2 invalid, 3 platform unreachable, 130 interrupted (after the rollbacks).
    """
    from chaostagent.commands.run import Wish, run_experiments

    wish = Wish(
        experiments=tuple(experiments or ()),
        tags=tuple(tag or ()),
        skipped=tuple(skip or ()),
        variables=_variables(var or [], service),
        repeat=repeat,
        side_by_side=side_by_side,
        catalog=catalog,
        reports=reports,
        own_stack=own_stack,
        json=json,
    )
    raise typer.Exit(run_experiments(wish))


@app.command("list", cls=Command)
def list_experiments(catalog: CatalogOption = None, json: JsonOption = False) -> None:
    """List the experiments of a catalog, with the last verdict of each that this platform knows."""
    from chaostagent.commands.listing import show_catalog

    show_catalog(catalog, json=json)


@app.command(cls=Command)
def runner(  # noqa: PLR0913 — a command's parameters are its options
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            help="What the platform calls it; else this machine's name.",
            show_default=False,
        ),
    ] = None,
    skip: SkipOption = None,
    service: ServiceOption = None,
    var: VariableOption = None,
    side_by_side: SideBySideOption = 3,
    catalog: CatalogOption = None,
    json: JsonOption = False,
) -> None:
    """Carry out the runs that people ask for in the dashboard, until Ctrl-C."""
    from chaostagent.commands.runner import Office, run_runner

    raise typer.Exit(
        run_runner(
            Office(name, catalog, tuple(skip or ()), _variables(var or [], service), side_by_side),
            json=json,
        )
    )


@app.command(cls=Command)
def forget(
    experiment: Annotated[str, typer.Argument(help="Its name.")], json: JsonOption = False
) -> None:
    """Let an experiment count no more in the score; its runs stay to be read."""
    with open_client() as client:
        client.experiments.withdraw(experiment)
    if json:
        screen.show_json({"forgotten": experiment})
    else:
        screen.show_line(f"{experiment} counts no more")


@app.command(cls=Command)
def stop(
    run_id: Annotated[str, typer.Argument(metavar="RUN", help="The run's id.")],
    reason: ReasonOption = "",
    json: JsonOption = False,
) -> None:
    """Ask for a run to be stopped: whoever carries it out plays its rollbacks."""
    with open_client() as client:
        found = client.experiments.stop(run_id, reason)
    if json:
        screen.show_json(found)
    else:
        screen.show_line(f"{run_id} is {'stopped' if found.ended_at else 'being stopped'}")


def _variables(given: list[str], service: str | None) -> dict[str, str]:
    from tagent_client.cli.failures import WrongUsageError

    found: dict[str, str] = {}
    for pair in given:
        # As `chaos run --var` has it, with a type, it means the same: the file knows the type.
        name, is_pair, value = pair.partition("=")
        name = name.partition(":")[0]
        if not (is_pair and name):
            raise WrongUsageError(f"--var takes NAME=VALUE, not {pair}")
        found[name] = value
    if service is not None:
        found["service"] = service
    return found
