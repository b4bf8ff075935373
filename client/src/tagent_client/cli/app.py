"""The root command: lists all commands without loading them, and loads the one that is called."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typing_extensions import override

from tagent_client.cli.command_table import COMMANDS, EXTENSION, Entry
from tagent_client.cli.quick_commands import Command, CommandGroup

HELP = """Observe, break, heal, prove.

Start with [bold]tagent up[/bold]; then, in another terminal, [bold]tagent inject chat-service error[/bold] and [bold]tagent watch[/bold].
"""
EPILOG = (
    "Every command takes --json. The platform is found by TAGENT_URL and TAGENT_TOKEN, else where `tagent up` runs in "
    "TAGENT_HOME (.tagent). Exit codes: 0 ok, 1 failed, 2 usage, 3 platform unreachable, 130 interrupted."
)


class RootGroup(CommandGroup):
    """Knows each command by its line in the table until it is called."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands.update({name: _listed(name, entry) for name, entry in COMMANDS.items()})

    @override
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command, and load it."""
        name, command, rest = super().resolve_command(ctx, args)
        if name in COMMANDS:
            command = load_command(name)
        return name, command, rest


def _listed(name: str, entry: Entry) -> TyperCommand:
    return TyperCommand(
        name, help=entry.summary, rich_help_panel=entry.panel, rich_markup_mode="rich"
    )


def load_command(name: str) -> Any:
    """Import a command's module and build its parameters."""
    entry = COMMANDS[name]
    if entry.module == EXTENSION:
        found = _offered(name, entry.attribute)
    else:
        found = getattr(
            import_module(f"tagent_client.cli.commands.{entry.module}"), entry.attribute
        )
    if isinstance(found, TyperCommand | TyperGroup):
        return found
    if isinstance(found, typer.Typer):
        loaded: Any = typer.main.get_command(found)
    else:
        single = typer.Typer(add_completion=False, rich_markup_mode="rich")
        settings = getattr(found, "context_settings", None)
        single.command(name=name, cls=Command, context_settings=settings)(found)
        loaded = typer.main.get_command(single)
    loaded.name = name
    return loaded


def _offered(name: str, package: str) -> Any:
    """Return what another package offers under that name. Raises CommandFailedError when it is not installed."""
    from importlib.metadata import entry_points

    from tagent_client.cli.failures import CommandFailedError

    for point in entry_points(group="tagent.commands", name=name):
        return point.load()
    raise CommandFailedError(
        f"`tagent {name}` needs {package}", f"Install it: pip install {package}."
    )


app = typer.Typer(
    cls=RootGroup,
    name="tagent",
    help=HELP,
    epilog=EPILOG,
    no_args_is_help=True,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _root() -> None:
    """Hold the root's help; the commands do the work."""
