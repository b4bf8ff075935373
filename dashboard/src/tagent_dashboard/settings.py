"""Where to serve, which platform to watch and how people sign in: the only file that reads the environment."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

import msgspec

from tagent_client.errors import SettingsError
from tagent_client.settings import ClientSettings, is_loopback, read_settings

HOST_DEFAULT = "127.0.0.1"
PORT_DEFAULT = 8501
LOG_LEVELS = ("debug", "info", "warning", "error")
ROLES = ("viewer", "operator", "admin")
SIGN_IN = ("auto", "always")

OIDC_PREFIX = "TAGENT_OIDC_"
OIDC_REQUIRED = (
    "CLIENT_ID",
    "CLIENT_SECRET",
    "METADATA_URL",
    "REDIRECT_URI",
    "COOKIE_SECRET",
    "ROLES",
)
OIDC_OPTIONAL = {"ROLE_CLAIM": "groups", "SCOPES": "openid email profile"}
CALLBACK_PATH = "/oauth2callback"
COOKIE_SECRET_LENGTH_MIN = 32


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """How people sign in with their organisation's account, and which role it gives them here."""

    client_id: str
    client_secret: str = field(repr=False)
    metadata_url: str
    redirect_uri: str
    cookie_secret: str = field(repr=False)
    roles: Mapping[str, str]
    """Value of the claim → role; the strongest that fits is taken. `*` stands for whoever signs in."""
    role_claim: str = OIDC_OPTIONAL["ROLE_CLAIM"]
    scopes: str = OIDC_OPTIONAL["SCOPES"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What the dashboard runs with."""

    host: str
    port: int
    platform: ClientSettings
    """The platform; its token, if there is one, is what the dashboard itself watches with."""
    poll_interval_s: float = 1.0
    log_level: str = "info"
    always_asks: bool = False
    """Ask people to sign in on loopback too: for a proxy in front, or a machine that several people share."""
    oidc: OidcSettings | None = None

    @property
    def is_local(self) -> bool:
        """Tell whether only this machine can come in, and the home's own token is everybody's: then nobody is asked for one."""
        is_asked = self.always_asks or self.oidc is not None
        return not is_asked and _is_loopback(self.host) and self.platform.token is not None


def read_dashboard_settings(
    arguments: Mapping[str, str], environment: Mapping[str, str] = os.environ
) -> Settings:
    """Return the settings; an argument wins over its variable. Raises SettingsError, naming the variable."""
    host = arguments.get("host") or environment.get("TAGENT_DASHBOARD_HOST") or HOST_DEFAULT
    port = arguments.get("port") or environment.get("TAGENT_DASHBOARD_PORT") or str(PORT_DEFAULT)
    if not port.isdecimal() or not 0 < int(port) < 2**16:
        raise SettingsError(f"TAGENT_DASHBOARD_PORT must be a port from 1 to 65535, not {port!r}")
    log_level = arguments.get("log_level") or environment.get("TAGENT_LOG_LEVEL") or "info"
    sign_in = environment.get("TAGENT_DASHBOARD_SIGN_IN") or SIGN_IN[0]
    found = read_settings(environment)
    platform = replace(found, home=found.home.absolute())
    oidc = _read_oidc(environment)
    if oidc is not None and platform.token is None:
        raise SettingsError(
            "TAGENT_OIDC_CLIENT_ID is set, but there is no TAGENT_TOKEN: the dashboard needs an admin's to give people theirs"
        )
    return Settings(
        host=host,
        port=int(port),
        platform=platform,
        log_level=_one_of("TAGENT_LOG_LEVEL", log_level.lower(), LOG_LEVELS),
        always_asks=_one_of("TAGENT_DASHBOARD_SIGN_IN", sign_in, SIGN_IN) == "always",
        oidc=oidc,
    )


def _read_oidc(environment: Mapping[str, str]) -> OidcSettings | None:
    names = (*OIDC_REQUIRED, *OIDC_OPTIONAL)
    given = {name: environment.get(OIDC_PREFIX + name, "").strip() for name in names}
    if not any(given.values()):
        return None
    missing = [OIDC_PREFIX + name for name in OIDC_REQUIRED if not given[name]]
    if missing:
        raise SettingsError(
            f"to sign in with an organisation's account, set {', '.join(missing)} too"
        )
    _check_reachable_safely("METADATA_URL", given["METADATA_URL"])
    _check_reachable_safely("REDIRECT_URI", given["REDIRECT_URI"])
    if urlsplit(given["REDIRECT_URI"]).path != CALLBACK_PATH:
        raise SettingsError(f"TAGENT_OIDC_REDIRECT_URI must end in {CALLBACK_PATH}")
    if len(given["COOKIE_SECRET"]) < COOKIE_SECRET_LENGTH_MIN:
        raise SettingsError(
            f"TAGENT_OIDC_COOKIE_SECRET must have at least {COOKIE_SECRET_LENGTH_MIN} characters, all random"
        )
    return OidcSettings(
        client_id=given["CLIENT_ID"],
        client_secret=given["CLIENT_SECRET"],
        metadata_url=given["METADATA_URL"],
        redirect_uri=given["REDIRECT_URI"],
        cookie_secret=given["COOKIE_SECRET"],
        roles=_read_roles(given["ROLES"]),
        role_claim=given["ROLE_CLAIM"] or OIDC_OPTIONAL["ROLE_CLAIM"],
        scopes=given["SCOPES"] or OIDC_OPTIONAL["SCOPES"],
    )


def _read_roles(text: str) -> dict[str, str]:
    example = '{"sre": "operator", "*": "viewer"}'
    try:
        roles = msgspec.json.decode(text, type=dict[str, str])
    except msgspec.DecodeError:
        raise SettingsError(
            f"TAGENT_OIDC_ROLES must be an object of JSON such as {example}"
        ) from None
    wrong = sorted(set(roles.values()) - set(ROLES))
    if wrong or not roles:
        what = f"there is no role {wrong[0]!r}" if wrong else "it names no role"
        raise SettingsError(f"TAGENT_OIDC_ROLES: {what}; the roles are {', '.join(ROLES)}")
    return roles


def _check_reachable_safely(name: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_url = False
        parts = urlsplit("")
    if not is_url:
        raise SettingsError(f"{OIDC_PREFIX}{name} must be a URL, not {url!r}")
    if parts.scheme == "http" and not is_loopback(url):
        raise SettingsError(
            f"{OIDC_PREFIX}{name} must begin with https: secrets travel there, and {parts.hostname} is not this machine"
        )


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise SettingsError(f"{name} must be one of {', '.join(allowed)}, not {value!r}")
    return value


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
