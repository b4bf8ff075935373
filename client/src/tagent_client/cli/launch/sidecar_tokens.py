"""A sidecar's token: the one on this machine if it still holds, else a new one."""

from __future__ import annotations

from pathlib import Path

from tagent_client.cli.launch.home import write_secret
from tagent_client.client import Client
from tagent_client.errors import ApiError
from tagent_client.settings import ClientSettings

ROLE = "sidecar"


def token_file(client: Client, service: str) -> Path:
    """Return a file with a token that may report for the service. Needs an admin's client. Raises TagentError."""
    path = client.settings.home / "tokens" / "sidecars" / service
    if not _still_holds(client.settings, path, service):
        # Earlier ones are not revoked: another machine may report for the same service.
        minted = client.mint_token(f"{ROLE}.{service}", ROLE, service)
        write_secret(path, f"{minted.token}\n")
    return path


def _still_holds(settings: ClientSettings, path: Path, service: str) -> bool:
    try:
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeError):
        return False
    with Client(ClientSettings(settings.url, token, settings.home)) as as_sidecar:
        try:
            who = as_sidecar.whoami()
        except ApiError:
            return False
    return who.role == ROLE and who.service == service
