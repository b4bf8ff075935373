"""`tagent token create|list|revoke`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from tagent_client.cli import screen
from tagent_client.cli.failures import CommandFailedError, WrongUsageError
from tagent_client.cli.launch.token_files import keep_token
from tagent_client.cli.quick_commands import Command, CommandGroup
from tagent_client.cli.session import JsonOption, known_services, open_client
from tagent_client.cli.views.activity import tokens_sheet
from tagent_client.cli.views.sheet import Cell
from tagent_client.client import Client
from tagent_contract.services import TokenRequest

app = typer.Typer(
    cls=CommandGroup,
    help="Create, list and revoke access tokens. Needs an admin's token.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
)


class TokenRole(StrEnum):
    """Weakest first; `sidecar` may only report for its one service."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"
    SIDECAR = "sidecar"


@app.command(cls=Command)
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose it is; shown in events.")],
    role: Annotated[TokenRole, typer.Option("--role", help="What it may do.")] = TokenRole.VIEWER,
    service: Annotated[
        str | None,
        typer.Option(
            "--service", help="For a sidecar: its service.", autocompletion=known_services
        ),
    ] = None,
    ttl_s: Annotated[
        float | None,
        typer.Option(
            "--ttl-s", min=1, help="End by itself after this many seconds.", show_default=False
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            help="Write it to this file, for its owner alone; one there that still holds is kept.",
            show_default=False,
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Mint a token. It is shown this once, or written to a file."""
    if (role is TokenRole.SIDECAR) != (service is not None):
        raise WrongUsageError("--role sidecar and --service belong together")
    if json and file is not None:
        raise WrongUsageError("--json shows the token and --file does not: choose one")
    with open_client() as client:
        if file is not None:
            wanted = TokenRequest(name=name, role=role.value, service=service, ttl_s=ttl_s)
            _keep(client, file, wanted)
            return
        minted = client.mint_token(name, role.value, service, ttl_s=ttl_s)
    if json:
        screen.show_json(minted)
        return
    screen.show_line(minted.token or "")
    # On standard error, so that the token alone can go into a file.
    screen.error_console().print(
        screen.text(
            [Cell(f"A token of role {minted.role}, id {minted.id}; shown this once.", "dim")]
        )
    )


def _keep(client: Client, file: Path, wanted: TokenRequest) -> None:
    try:
        is_new = keep_token(client, file, wanted)
    except OSError as error:
        raise CommandFailedError(f"cannot write {file}: {error.strerror or error}") from error
    done = "now holds a new" if is_new else "still holds a good"
    screen.show_line(f"{file} {done} token of role {wanted.role}")


@app.command("list", cls=Command)
def list_tokens(json: JsonOption = False) -> None:
    """List the tokens, without their secrets."""
    with open_client() as client:
        found = client.tokens()
    if json:
        screen.show_json({"items": found})
    else:
        screen.show_sheet(tokens_sheet(found))


@app.command(cls=Command)
def revoke(
    token_id: Annotated[str, typer.Argument(metavar="ID", help="The token's id.")],
    json: JsonOption = False,
) -> None:
    """Revoke a token. It is refused from then on."""
    with open_client() as client:
        client.revoke_token(token_id)
    if json:
        screen.show_json({"revoked": token_id})
    else:
        screen.show_line(f"{token_id} is revoked")
