"""The client of this process: one for each platform, shared by activities, controls and their threads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from chaostagent.settings import platform_settings
from tagent_client.client import Client
from tagent_client.settings import ClientSettings


def connect(secrets: Mapping[str, Any] | None = None) -> Client:
    """Return a client. Raises SettingsError."""
    return _client(platform_settings(secrets))


@cache
def _client(settings: ClientSettings) -> Client:
    return Client(settings)
