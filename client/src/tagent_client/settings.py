"""Where the platform is and which token to show: from arguments, `TAGENT_*` variables, or the home on this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

URL_DEFAULT = "http://127.0.0.1:8000"
HOME_DEFAULT = ".tagent"
_STRONGEST_FIRST = ("admin", "operator", "viewer")


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """`token` is None when there is none to be found; the platform then answers 401."""

    url: str
    token: str | None
    home: Path


def read_settings(environment: Mapping[str, str] = os.environ) -> ClientSettings:
    """Return what `TAGENT_URL`, `TAGENT_TOKEN` and `TAGENT_HOME` say, else the defaults and the strongest token in the home."""
    home = Path(environment.get("TAGENT_HOME") or HOME_DEFAULT)
    return ClientSettings(
        url=(environment.get("TAGENT_URL") or URL_DEFAULT).rstrip("/"),
        token=environment.get("TAGENT_TOKEN") or _token_in(home / "tokens"),
        home=home,
    )


def _token_in(folder: Path) -> str | None:
    for role in _STRONGEST_FIRST:
        try:
            token = (folder / role).read_text().strip()
        except OSError:
            continue
        if token:
            return token
    return None
