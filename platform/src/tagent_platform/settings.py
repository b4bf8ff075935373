"""All settings, from `TAGENT_*` variables and the command line: the only file that reads the environment.

A group of numbers belongs to the package that uses it, as a frozen dataclass with defaults; here each of its fields becomes a variable.
"""

from __future__ import annotations

import ipaddress
import os
import typing
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from tagent_platform.api.limits import RequestLimits
from tagent_platform.core.records import TokenRole
from tagent_platform.loop import LoopTimes
from tagent_platform.usecases.platform import Limits

PREFIX = "TAGENT_"
PEOPLE = (TokenRole.VIEWER, TokenRole.OPERATOR, TokenRole.ADMIN)
TOKEN_LENGTH_MIN = 32
STORES = ("sqlite", "memory")

T = TypeVar("T")


class SettingsError(Exception):
    """A setting that cannot be: one sentence that names the variable and what it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that can be set. The groups' fields are variables of their own, `TAGENT_<FIELD>`."""

    host: str = "127.0.0.1"
    port: int = 8000
    """0 takes any that is free."""
    home: Path = Path(".tagent")
    store: str = "sqlite"
    log_level: str = "info"
    webhook_url: str = ""
    """Where escalations and resolutions are sent; empty: nowhere."""
    webhook_secret: str = ""
    """Signs what is sent there."""
    raw_series_kept_s: float = 900.0
    minute_series_kept_s: float = 86_400.0
    logs_kept_s: float = 86_400.0
    events_kept: int = 100_000
    stop_within_s: float = 10.0
    """A stop that takes longer is cut short."""
    tokens: Mapping[TokenRole, str] = field(default_factory=dict)
    """Configured ones: `TAGENT_ADMIN_TOKEN` and so on, or a file's content by `TAGENT_ADMIN_TOKEN_FILE`."""
    limits: Limits = field(default_factory=Limits)
    loop: LoopTimes = field(default_factory=LoopTimes)
    request_limits: RequestLimits = field(default_factory=RequestLimits)

    @property
    def is_loopback(self) -> bool:
        """Tell whether nobody outside this machine can connect."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


def read_settings(
    arguments: Mapping[str, str] | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Return the settings: `arguments` by field name go before the environment. Raises SettingsError."""
    environ = os.environ if environ is None else environ
    merged = dict(environ)
    for name, text in (arguments or {}).items():
        merged[variable(name)] = text
    plain = _read_fields(Settings, merged, skip={"tokens", "limits", "loop", "request_limits"})
    settings = Settings(
        **plain,
        tokens=_read_tokens(merged),
        limits=read_group(Limits, merged),
        loop=read_group(LoopTimes, merged),
        request_limits=read_group(RequestLimits, merged),
    )
    _check(settings)
    return settings


def variable(name: str) -> str:
    """Return the variable of a field."""
    return PREFIX + name.upper()


def read_group(kind: type[T], environ: Mapping[str, str]) -> T:
    """Return a frozen dataclass of numbers with what the environment says of its fields."""
    return kind(**_read_fields(kind, environ, skip=set()))


def _read_fields(kind: type[Any], environ: Mapping[str, str], skip: set[str]) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    values: dict[str, Any] = {}
    for each in fields(kind):
        text = environ.get(variable(each.name))
        if each.name in skip or text is None:
            continue
        if each.default is MISSING:
            raise TypeError(f"{kind.__name__}.{each.name} needs a default to be a setting")
        values[each.name] = _parse(each.name, text, hints[each.name])
    return values


def _parse(name: str, text: str, kind: type[Any]) -> Any:
    if kind is str:
        return text
    if kind is Path:
        return Path(text)
    if kind is bool:
        if text.lower() in ("true", "1", "yes"):
            return True
        if text.lower() in ("false", "0", "no"):
            return False
        raise SettingsError(f"{variable(name)} must be true or false, not {text!r}")
    try:
        number = kind(text)
    except ValueError:
        sort = "a whole number" if kind is int else "a number"
        raise SettingsError(f"{variable(name)} must be {sort}, not {text!r}") from None
    if not 0 <= number < float("inf"):
        raise SettingsError(f"{variable(name)} must not be negative or without end, not {text!r}")
    return number


def _read_tokens(environ: Mapping[str, str]) -> dict[TokenRole, str]:
    tokens: dict[TokenRole, str] = {}
    for role in PEOPLE:
        name = f"{role.value}_token"
        token = environ.get(variable(name)) or _read_token_file(environ, f"{name}_file")
        if token is None:
            continue
        if len(token) < TOKEN_LENGTH_MIN or not token.isascii() or not token.isprintable():
            raise SettingsError(
                f"{variable(name)} must have at least {TOKEN_LENGTH_MIN} printable ASCII characters"
            )
        tokens[role] = token
    return tokens


def _read_token_file(environ: Mapping[str, str], name: str) -> str | None:
    path = environ.get(variable(name))
    if not path:
        return None
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except (OSError, UnicodeError) as error:
        raise SettingsError(f"{variable(name)} names a file that cannot be read: {error}") from None


def _check(settings: Settings) -> None:
    if settings.port > 65_535:
        raise SettingsError(f"{variable('port')} must be 0 to 65535, not {settings.port}")
    if settings.store not in STORES:
        raise SettingsError(
            f"{variable('store')} must be one of {', '.join(STORES)}, not {settings.store!r}"
        )
    if settings.log_level not in ("debug", "info", "warning", "error"):
        raise SettingsError(
            f"{variable('log_level')} must be debug, info, warning or error, not {settings.log_level!r}"
        )
    if settings.webhook_url and not settings.webhook_url.startswith(("http://", "https://")):
        raise SettingsError(f"{variable('webhook_url')} must be an http or https address")
    if not settings.is_loopback and TokenRole.ADMIN not in settings.tokens:
        raise SettingsError(
            f"{variable('host')} is {settings.host!r}, which others can reach: set {variable('admin_token')} or "
            f"{variable('admin_token_file')} (tokens are made by themselves on 127.0.0.1 only)"
        )
