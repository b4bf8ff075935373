"""Tokens in files that only their owner can read: the one that is there if it still holds, else a new one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tagent_client.cli.launch.home import write_secret
from tagent_client.client import Client
from tagent_client.errors import ApiError
from tagent_client.settings import ClientSettings
from tagent_contract.services import TokenRequest

ROLE = "sidecar"


def token_file(client: Client, service: str) -> Path:
    """Return a file with a token that may report for the service. Needs an admin's client. Raises TagentError."""
    path = client.settings.home / "tokens" / "sidecars" / service
    keep_token(client, path, TokenRequest(name=f"{ROLE}.{service}", role=ROLE, service=service))
    return path


def keep_token(client: Client, path: Path, wanted: TokenRequest) -> bool:
    """See that the file holds a token of this role and service; return whether a new one was minted. Raises TagentError, OSError."""
    if _still_holds(client.settings, path, wanted):
        return False
    # Earlier ones are not revoked: another machine may report for the same service.
    minted = client.mint_token(wanted.name, wanted.role, wanted.service, ttl_s=wanted.ttl_s)
    write_secret(path, f"{minted.token}\n")
    return True


def _still_holds(settings: ClientSettings, path: Path, wanted: TokenRequest) -> bool:
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError):
        return False
    if not (token and token.isprintable()):
        return False
    with Client(replace(settings, token=token)) as bearer:
        try:
            who = bearer.whoami()
        except ApiError:
            return False
    return who.role == wanted.role and who.service == wanted.service
