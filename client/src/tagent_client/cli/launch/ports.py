"""Which ports to use, and whether they can be had."""

from __future__ import annotations

import errno
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass

HOST = "127.0.0.1"
LOWEST = 10_000
EPHEMERAL_LOWEST = 32_768
"""From here on the kernel takes ports for outgoing connections, also one that we were just about to use."""
TRIES = 1000


class PortTakenError(Exception):
    """Somebody else listens on a port that we need; the text names the option that changes it."""


@dataclass(frozen=True, slots=True)
class WantedPort:
    """A port, what it is for, and the option it is set by."""

    purpose: str
    option: str
    number: int


def check_free(wanted: Iterable[WantedPort]) -> None:
    """Raise PortTakenError naming every port that cannot be listened on, or is wanted twice."""
    complaints: list[str] = []
    seen: dict[int, WantedPort] = {}
    for port in wanted:
        if port.number in seen:
            complaints.append(
                f"port {port.number} is meant for both {seen[port.number].purpose} and {port.purpose}; "
                f"change one with {port.option}"
            )
        elif (problem := _problem(port.number)) is not None:
            complaints.append(
                f"port {port.number}, for {port.purpose}, {problem}; choose another with {port.option}"
            )
        seen[port.number] = port
    if complaints:
        raise PortTakenError("\n".join(complaints))


def is_free(number: int) -> bool:
    """Tell whether one could listen there now."""
    return _problem(number) is None


def _problem(number: int) -> str | None:
    with socket.socket() as attempt:
        # As servers do: connections of a predecessor that are fading out are no reason.
        attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            attempt.bind((HOST, number))
        except PermissionError:
            return "may not be used without more rights"
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return "is taken by another program"
            return f"cannot be used: {error.strerror}"
        except OverflowError:
            return "is no port"
    return None


def free_ports(count: int) -> list[int]:
    """Return so many ports that are free now, all different. Raises PortTakenError when there are not enough."""
    found: list[int] = []
    for _ in range(TRIES):
        if len(found) == count:
            return found
        number = LOWEST + secrets.randbelow(EPHEMERAL_LOWEST - LOWEST)
        if number not in found and is_free(number):
            found.append(number)
    raise PortTakenError(f"{count} free ports are not to be found")
