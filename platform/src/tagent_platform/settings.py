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

from tagent_platform.adapters.series.prometheus_options import (
    OptionError,
    PrometheusOptions,
    check_options,
)
from tagent_platform.api.limits import RequestLimits
from tagent_platform.core.records import PEOPLE, TokenRole
from tagent_platform.loop import LoopTimes
from tagent_platform.usecases.platform import Limits

PREFIX = "TAGENT_"
TOKEN_LENGTH_MIN = 32
RUNTIMES = ("process", "cloud_run")
STORES = ("sqlite", "firestore", "memory")
SERIES = ("sqlite", "prometheus")

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
    runtime: str = "process"
    """What restarts services: their sidecars alone, or also Cloud Run for those that are there."""
    cloud_run_project: str = ""
    """Services of this project alone are restarted, whatever a sidecar reports."""
    cloud_run_region: str = ""
    """Where a service is looked for when its sidecars do not say."""
    cloud_run_services: str = ""
    """Which Cloud Run service a service is, where its sidecars do not say it: `service=name,other=projects/P/locations/R/services/S`."""
    cloud_run_endpoint: str = ""
    """`host:port` of a server on this machine that stands in for Google's, spoken to without TLS or credentials; for tests."""
    replica: str = ""
    """This process's name among those that share a store; empty: the machine's."""
    firestore_project: str = ""
    """Empty: the one that Google's credentials belong to."""
    firestore_database: str = "(default)"
    firestore_emulator: str = ""
    """`host:port` of Google's emulator, instead of Firestore itself."""
    firestore_timeout_s: float = 5.0
    """Of one call, and until what was written is seen again; past it the store counts as away."""
    series: str = "sqlite"
    log_level: str = "info"
    webhook_url: str = ""
    """Where escalations and resolutions are sent; empty: nowhere."""
    webhook_secret: str = ""
    """Signs what is sent there."""
    raw_series_kept_s: float = 900.0
    """Of figures in SQLite, as are minutes; an engine keeps them as long as it is told to."""
    minute_series_kept_s: float = 86_400.0
    logs_kept_s: float = 86_400.0
    events_kept: int = 100_000
    stop_within_s: float = 10.0
    """A stop that takes longer is cut short."""
    tokens: Mapping[TokenRole, str] = field(default_factory=dict)
    """Configured ones: `TAGENT_ADMIN_TOKEN` and so on, or a file's content by `TAGENT_ADMIN_TOKEN_FILE`."""
    make_tokens: bool = False
    """Make them in the home, as on loopback, though others can connect: for one process in a container whose home is a volume."""
    limits: Limits = field(default_factory=Limits)
    loop: LoopTimes = field(default_factory=LoopTimes)
    request_limits: RequestLimits = field(default_factory=RequestLimits)
    prometheus: PrometheusOptions = field(default_factory=PrometheusOptions)
    """`TAGENT_PROMETHEUS_WRITE_URL` and so on."""

    @property
    def is_loopback(self) -> bool:
        """Tell whether nobody outside this machine can connect."""
        return _is_loopback(self.host)


def read_settings(
    arguments: Mapping[str, str] | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Return the settings: `arguments` by field name go before the environment. Raises SettingsError."""
    environ = os.environ if environ is None else environ
    merged = dict(environ)
    for name, text in (arguments or {}).items():
        merged[variable(name)] = text
    groups = {"tokens", "limits", "loop", "request_limits", "prometheus"}
    plain = _read_fields(Settings, merged, skip=groups)
    settings = Settings(
        **plain,
        tokens=_read_tokens(merged),
        limits=read_group(Limits, merged),
        loop=read_group(LoopTimes, merged),
        request_limits=read_group(RequestLimits, merged),
        prometheus=read_group(PrometheusOptions, merged, "prometheus_"),
    )
    _check(settings)
    return settings


def variable(name: str) -> str:
    """Return the variable of a field."""
    return PREFIX + name.upper()


def read_group(kind: type[T], environ: Mapping[str, str], prefix: str = "") -> T:
    """Return a frozen dataclass with what the environment says of its fields, each a variable after `prefix`."""
    return kind(**_read_fields(kind, environ, skip=set(), prefix=prefix))


def _read_fields(
    kind: type[Any], environ: Mapping[str, str], skip: set[str], prefix: str = ""
) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    values: dict[str, Any] = {}
    for each in fields(kind):
        name = prefix + each.name
        text = environ.get(variable(name))
        if each.name in skip or text is None:
            continue
        if each.default is MISSING:
            raise TypeError(f"{kind.__name__}.{each.name} needs a default to be a setting")
        values[each.name] = _parse(name, text, hints[each.name])
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


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_runtime(settings: Settings) -> None:
    if settings.runtime not in RUNTIMES:
        raise SettingsError(
            f"{variable('runtime')} must be one of {', '.join(RUNTIMES)}, not {settings.runtime!r}"
        )
    if settings.runtime != "cloud_run":
        return
    for name in ("cloud_run_project", "cloud_run_region"):
        if not getattr(settings, name):
            raise SettingsError(
                f"{variable('runtime')} is cloud_run, so {variable(name)} must say where"
            )
    host, _, port = settings.cloud_run_endpoint.rpartition(":")
    if settings.cloud_run_endpoint and not (port.isdigit() and _is_loopback(host)):
        raise SettingsError(
            f"{variable('cloud_run_endpoint')} is for a server on this machine, such as 127.0.0.1:9000; leave it out to use Google's"
        )


def _check(settings: Settings) -> None:
    _check_runtime(settings)
    if settings.port > 65_535:
        raise SettingsError(f"{variable('port')} must be 0 to 65535, not {settings.port}")
    for name, kinds in (("store", STORES), ("series", SERIES)):
        chosen = getattr(settings, name)
        if chosen not in kinds:
            raise SettingsError(
                f"{variable(name)} must be one of {', '.join(kinds)}, not {chosen!r}"
            )
    _check_series(settings)
    if settings.log_level not in ("debug", "info", "warning", "error"):
        raise SettingsError(
            f"{variable('log_level')} must be debug, info, warning or error, not {settings.log_level!r}"
        )
    if settings.webhook_url and not settings.webhook_url.startswith(("http://", "https://")):
        raise SettingsError(f"{variable('webhook_url')} must be an http or https address")
    _check_tokens(settings)


def _check_tokens(settings: Settings) -> None:
    if settings.make_tokens and settings.store == "firestore":
        raise SettingsError(
            f"{variable('make_tokens')} is for one process: several that share a store would each make their own; set {variable('admin_token')}"
        )
    has_admin = TokenRole.ADMIN in settings.tokens or (settings.make_tokens and not settings.tokens)
    if not settings.is_loopback and not has_admin:
        raise SettingsError(
            f"{variable('host')} is {settings.host!r}, which others can reach: set {variable('admin_token')} or "
            f"{variable('admin_token_file')}, or {variable('make_tokens')}=true to have tokens made in the home (by themselves they are on 127.0.0.1 only)"
        )


def _check_series(settings: Settings) -> None:
    if settings.series != "prometheus":
        return
    try:
        check_options(settings.prometheus)
    except OptionError as error:
        name = variable(f"prometheus_{error.field}")
        raise SettingsError(f"{name} {error.wrong} ({variable('series')} is prometheus)") from None
