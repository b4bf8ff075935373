"""Where an engine is, how to get in, and how much may wait for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROLL_UP_S_MAX = 120.0
"""As far as a query looks beside what it is asked for."""

_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_TAKEN = frozenset({"service", "instance", "bucket", "class", "figure", "le", "result", "side"})


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusOptions:
    """Each field is a variable, `TAGENT_PROMETHEUS_<FIELD>`. A secret that is named by its file is read anew for each request."""

    write_url: str = ""
    """Where remote write goes, such as `http://127.0.0.1:9090/api/v1/write`."""
    query_url: str = ""
    """What stands before `/api/v1/query`, such as `http://127.0.0.1:9090`."""
    bearer_token: str = ""
    bearer_token_file: str = ""
    user: str = ""
    password: str = ""
    password_file: str = ""
    tenant: str = ""
    """Sent as `X-Scope-OrgID`."""
    labels: str = "job=tagent"
    """On every series, and in every query, so that several platforms can share an engine."""
    roll_up_s: float = 0.0
    """What an instance reports in so many seconds is sent as one window; 0 sends each. An engine that is paid by the sample costs a twelfth with 60."""
    waiting_windows_max: int = 30_000
    """So many wait while the engine is away; the oldest are dropped for newer ones."""
    write_timeout_s: float = 10.0
    query_timeout_s: float = 5.0


class OptionError(ValueError):
    """An option that cannot be: the field, and what is wrong with it."""

    def __init__(self, field: str, wrong: str) -> None:
        super().__init__(f"{field} {wrong}")
        self.field = field
        self.wrong = wrong


def check_options(options: PrometheusOptions) -> None:
    """Raise OptionError for the first option that cannot be."""
    for field, example in (
        ("write_url", "http://127.0.0.1:9090/api/v1/write"),
        ("query_url", "http://127.0.0.1:9090"),
    ):
        address = getattr(options, field)
        if not _is_address(address):
            raise OptionError(field, f"must be an http or https address, such as {example}")
        if "@" in urlsplit(address).netloc:
            raise OptionError(field, "must not hold a password; there are options for it")
    _check_access(options)
    if options.waiting_windows_max < 1:
        raise OptionError("waiting_windows_max", "must be at least 1")
    if options.roll_up_s and not 10 <= options.roll_up_s <= ROLL_UP_S_MAX:
        raise OptionError("roll_up_s", f"must be 0, or 10 to {ROLL_UP_S_MAX:g}")
    labels_of(options)


def _check_access(options: PrometheusOptions) -> None:
    if options.bearer_token and options.bearer_token_file:
        raise OptionError("bearer_token", "and its file are both set; keep one")
    if options.password and options.password_file:
        raise OptionError("password", "and its file are both set; keep one")
    if options.user and (options.bearer_token or options.bearer_token_file):
        raise OptionError("user", "and a bearer token are both set; an engine takes one of them")
    if bool(options.user) is not bool(options.password or options.password_file):
        raise OptionError("user", "needs a password or its file, and they need a user")
    _check_texts(options)


def _check_texts(options: PrometheusOptions) -> None:
    for field in ("bearer_token", "user", "tenant"):
        if not _fits_a_header(getattr(options, field)):
            raise OptionError(field, "must be one line of printable ASCII characters")
    for field in ("bearer_token_file", "password_file"):
        if path := getattr(options, field):
            read_secret(path, field)


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def shown_address(address: str) -> str:
    """Return an address without what may be secret in it."""
    return urlsplit(address)._replace(query="", fragment="").geturl()


def labels_of(options: PrometheusOptions) -> Mapping[str, str]:
    """Return the labels by name. Raises OptionError."""
    labels: dict[str, str] = {}
    for pair in filter(None, (part.strip() for part in options.labels.split(","))):
        name, is_there, value = pair.partition("=")
        if not is_there or not value or not _LABEL_NAME.fullmatch(name):
            raise OptionError("labels", f"must be like job=tagent,team=web, not {pair!r}")
        if name in _TAKEN or name.startswith("__"):
            raise OptionError("labels", f"must not have {name!r}, which has its meaning already")
        labels[name] = value
    return labels


def read_secret(path: str, field: str) -> str:
    """Return what a file holds, without the spaces around it. Raises OptionError."""
    try:
        secret = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise OptionError(field, f"names a file that cannot be read: {error}") from None
    if not secret or not _fits_a_header(secret):
        raise OptionError(
            field, f"names {path}, which does not hold one line of printable ASCII characters"
        )
    return secret


def _fits_a_header(text: str) -> bool:
    return text.isascii() and text.isprintable()
