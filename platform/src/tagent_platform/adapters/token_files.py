"""The tokens of the people on this machine: one a file, readable by their owner alone, made when missing."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from tagent_platform.core.records import TokenRole

SECRET_BYTES = 32


def read_or_make_tokens(folder: Path, roles: Iterable[TokenRole]) -> dict[TokenRole, str]:
    """Return each role's token from `folder/<role>`. Raises OSError when it can neither be read nor made."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    return {role: _read_or_make(folder / role.value) for role in roles}


def _read_or_make(path: Path) -> str:
    if path.exists():
        path.chmod(0o600)
        token = path.read_text(encoding="ascii", errors="replace").strip()
        if token:
            return token
    token = secrets.token_urlsafe(SECRET_BYTES)
    # Written beside and renamed, so that nobody ever reads half a token.
    half = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(token + "\n")
    half.replace(path)
    return token
