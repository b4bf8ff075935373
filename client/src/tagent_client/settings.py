"""Where the platform is and which token to show: from `TAGENT_*` variables, or the home on this machine."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from tagent_client.errors import SettingsError
from tagent_client.google_id_token import audience_of

URL_DEFAULT = "http://127.0.0.1:8000"
HOME_DEFAULT = ".tagent"
_STRONGEST_FIRST = ("admin", "operator", "viewer")


class UpFile(msgspec.Struct, frozen=True, kw_only=True):
    """What `tagent up` says of itself in its home, `up.json`, for as long as it runs."""

    pid: int
    url: str
    samples: dict[str, str] = {}
    """Service → the URL of the sample itself, behind its sidecar."""
    dashboard: str | None = None
    """The URL of the dashboard, if there is one."""


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """`token` is None when there is none to be found; the platform then answers 401."""

    url: str
    token: str | None
    home: Path
    id_token_audience: str | None = None
    """For whom a Google ID token is shown beside the token; None shows none."""


def home_of(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of state, logs and tokens."""
    return Path(environment.get("TAGENT_HOME") or HOME_DEFAULT)


def read_settings(environment: Mapping[str, str] = os.environ) -> ClientSettings:
    """Return what `TAGENT_URL`, `TAGENT_TOKEN` (or the file that `TAGENT_TOKEN_FILE` names) and `TAGENT_HOME` say, else where `tagent up` runs in the home, and the strongest token there.

    The home's tokens are this machine's own: they are never shown to a platform elsewhere. Raises SettingsError.
    """
    home = home_of(environment)
    url = (environment.get("TAGENT_URL") or "").rstrip("/")
    if url:
        check_url(url)
        is_here = is_loopback(url)
    else:
        up = read_up_file(home)
        url, is_here = (up.url if up else URL_DEFAULT), True
    token = environment.get("TAGENT_TOKEN") or _token_of_file(environment.get("TAGENT_TOKEN_FILE"))
    if token is None and is_here:
        token = _token_in(home / "tokens")
    if token is not None and not (token.isascii() and token.isprintable()):
        raise SettingsError("TAGENT_TOKEN holds characters that no token has")
    audience = _audience(environment.get("TAGENT_ID_TOKEN_AUDIENCE") or "", url)
    return ClientSettings(url=url, token=token, home=home, id_token_audience=audience)


def _audience(wanted: str, url: str) -> str | None:
    """Return for whom a Google ID token is made: as somebody said, else for a platform that is on Cloud Run."""
    if not wanted:
        return audience_of(url)
    if wanted == "off":
        return None
    if not url.startswith("https:") and not is_loopback(url):
        raise SettingsError(
            "TAGENT_ID_TOKEN_AUDIENCE is set, and TAGENT_URL is not https, over which alone a Google ID token is shown"
        )
    return wanted


def read_up_file(home: Path) -> UpFile | None:
    """Return what the `tagent up` of this home wrote, if it left one and it can be read."""
    try:
        return msgspec.json.decode((home / "up.json").read_bytes(), type=UpFile)
    except (OSError, msgspec.DecodeError):
        return None


def check_url(url: str) -> None:
    """Raise SettingsError when it cannot be a platform's URL."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        raise SettingsError(f"TAGENT_URL: {url!r} is no URL: {error}") from None
    if parts.scheme not in ("http", "https") or not host or parts.query or parts.fragment:
        raise SettingsError(f"TAGENT_URL must look like {URL_DEFAULT}, not {url!r}")


def is_loopback(url: str) -> bool:
    """Tell whether that is on this machine, as seen from here."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _token_of_file(path: str | None) -> str | None:
    if not path:
        return None
    try:
        token = Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeError) as error:
        raise SettingsError(
            f"TAGENT_TOKEN_FILE names a file that cannot be read: {error}"
        ) from None
    if not token:
        raise SettingsError(f"TAGENT_TOKEN_FILE names an empty file: {path}")
    return token


def _token_in(folder: Path) -> str | None:
    for role in _STRONGEST_FIRST:
        try:
            token = (folder / role).read_text(encoding="ascii").strip()
        except (OSError, UnicodeError):
            continue
        if token:
            return token
    return None
