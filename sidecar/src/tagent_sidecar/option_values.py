"""Reading single option values: each function takes text and returns a value, or raises ValueError with the reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import ip_address
from math import isfinite

_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class HostPort:
    """Where something listens."""

    host: str
    port: int

    @property
    def text(self) -> str:
        """Return it as it is written."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def host_port(text: str) -> HostPort:
    """Read `HOST:PORT`; an IPv6 host stands in brackets. Port 0 is a free one."""
    host, colon, port = text.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
        if not is_ip_address(host):
            raise ValueError("is not HOST:PORT, such as 127.0.0.1:9001")
    elif not _HOST.fullmatch(host):
        raise ValueError("is not HOST:PORT, such as 127.0.0.1:9001")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise ValueError("has no port between 0 and 65535 behind the last colon")
    return HostPort(host, int(port))


def target_host_port(text: str) -> HostPort:
    """Read `HOST:PORT` of something that is already there."""
    target = host_port(text)
    if target.port == 0:
        raise ValueError("needs the port that the service listens on, not 0")
    return target


def loopback_host_port(text: str) -> HostPort | None:
    """Read `HOST:PORT` of this machine alone, or `off`."""
    if text == "off":
        return None
    place = host_port(text)
    if not is_loopback(place.host):
        raise ValueError("must be a loopback address such as 127.0.0.1:0, or off")
    return place


def is_loopback(host: str) -> bool:
    """Return whether this is this machine, as seen from here."""
    return host == "localhost" or (is_ip_address(host) and ip_address(host).is_loopback)


def is_ip_address(host: str) -> bool:
    """Return whether this is a literal address rather than a name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def seconds(text: str) -> float:
    """Read a time span that may be 0."""
    value = number(text)
    if not 0 <= value <= 86_400:
        raise ValueError("is not a number of seconds between 0 and 86400")
    return value


def positive_seconds(text: str) -> float:
    """Read a time span over 0."""
    value = seconds(text)
    if value == 0:
        raise ValueError("must be more than 0 seconds")
    return value


def positive_count(text: str) -> int:
    """Read a whole number from 1."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 10**9:
        raise ValueError("is not a whole number from 1")
    return int(text)


def number(text: str) -> float:
    """Read a finite number."""
    try:
        value = float(text)
    except ValueError:
        raise ValueError("is not a number") from None
    if not isfinite(value):
        raise ValueError("is not a number")
    return value


def plain(text: str) -> str:
    """Read any text that is not empty."""
    if not text:
        raise ValueError("is empty")
    return text


def http_path(text: str) -> str:
    """Read a path of a URL."""
    if not re.fullmatch(r"/[\x21-\x7e]{0,999}", text):
        raise ValueError("is not a path such as /healthz")
    return text


def token(text: str) -> str:
    """Read a bearer token. The reason never repeats it."""
    if not re.fullmatch(r"[\x21-\x7e]{1,4096}", text):
        raise ValueError(
            "is not a token: it is empty, or holds white space or other odd characters"
        )
    return text
