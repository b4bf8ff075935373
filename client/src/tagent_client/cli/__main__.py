"""`tagent`: runs a command, and turns what went wrong into one clear line and an exit code."""

from __future__ import annotations

import sys
from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    FAILED = 1
    USAGE = 2
    UNREACHABLE = 3
    INTERRUPTED = 130


def main() -> None:
    """Run the command line and exit."""
    _import_httpx_alone()
    import typer

    from tagent_client.cli.app import app

    command = typer.main.get_command(app)
    try:
        command.main(prog_name="tagent")
    except KeyboardInterrupt:
        sys.exit(ExitCode.INTERRUPTED)
    except Exception as error:  # noqa: BLE001 — the last place; what is not known there is raised again
        sys.exit(_complain(error))


def _import_httpx_alone() -> None:
    """Keep httpx from loading its own command line, which takes longer than all the rest of it."""
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]


def _complain(error: Exception) -> int:
    """Tell the person what went wrong, and return the exit code; raise again what is nobody's mistake but ours."""
    from tagent_client.cli.failures import explain
    from tagent_client.cli.screen import error_line

    explained = explain(error)
    if explained is None:
        raise error
    error_line(explained.text, explained.hint)
    return explained.code


if __name__ == "__main__":
    main()
