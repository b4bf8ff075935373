"""Where to serve, which platform to watch and how people sign in: the only file that reads the environment."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass

from tagent_client.errors import SettingsError
from tagent_client.settings import ClientSettings, is_loopback, read_settings

HOST_DEFAULT = "127.0.0.1"
PORT_DEFAULT = 8501


@dataclass(frozen=True, slots=True)
class Settings:
    """What the dashboard runs with."""

    host: str
    port: int
    platform: ClientSettings
    """The platform; its token, if there is one, is what the dashboard itself watches with."""
    poll_interval_s: float = 1.0

    @property
    def is_local(self) -> bool:
        """Tell whether only this machine can come in, and the home's own token is everybody's: then nobody is asked for one."""
        return _is_loopback(self.host) and self.platform.token is not None


def read_dashboard_settings(
    arguments: Mapping[str, str], environment: Mapping[str, str] = os.environ
) -> Settings:
    """Return the settings; an argument wins over `TAGENT_DASHBOARD_<NAME>`. Raises SettingsError, naming the variable."""
    host = arguments.get("host") or environment.get("TAGENT_DASHBOARD_HOST") or HOST_DEFAULT
    port = arguments.get("port") or environment.get("TAGENT_DASHBOARD_PORT") or str(PORT_DEFAULT)
    if not port.isdecimal() or not 0 < int(port) < 2**16:
        raise SettingsError(f"TAGENT_DASHBOARD_PORT must be a port from 1 to 65535, not {port!r}")
    platform = read_settings(environment)
    return Settings(host=host, port=int(port), platform=platform)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return is_loopback(f"http://{host}")
