"""How this process reaches the platform, and whose run it carries out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from tagent_client.settings import ClientSettings, read_settings

RUN_ID_VARIABLE = "TAGENT_RUN_ID"


def platform_settings(
    secrets: Mapping[str, Any] | None = None, environment: Mapping[str, str] = os.environ
) -> ClientSettings:
    """Return where the platform is: `url` and `token` of the secrets, else as every `tagent` command finds it.

    A control is given all groups of secrets, of which `tagent` is ours; an activity what is in the groups it names. Raises SettingsError.
    """
    given = (secrets or {}).get("tagent", secrets or {})
    own = {"TAGENT_URL": given.get("url"), "TAGENT_TOKEN": given.get("token")}
    return read_settings(
        {**environment, **{name: str(value) for name, value in own.items() if value}}
    )


def run_to_adopt(environment: Mapping[str, str] = os.environ) -> str | None:
    """Return the id of a run that was begun for this process; None: it begins its own."""
    return environment.get(RUN_ID_VARIABLE) or None
