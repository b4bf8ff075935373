"""`tagent token create|list|revoke`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from tagent_client.cli import screen
from tagent_client.cli.failures import WrongUsageError
from tagent_client.cli.quick_commands import Command, CommandGroup
from tagent_client.cli.session import JsonOption, known_services, open_client
from tagent_client.cli.views.activity import tokens_sheet
from tagent_client.cli.views.sheet import Cell

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
    json: JsonOption = False,
) -> None:
    """Mint a token. It is shown this once."""
    if (role is TokenRole.SIDECAR) != (service is not None):
        raise WrongUsageError("--role sidecar and --service belong together")
    with open_client() as client:
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
