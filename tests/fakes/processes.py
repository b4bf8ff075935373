"""Real processes for tests: started on free ports, waited for, and stopped by pid."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import cycle, islice

PORT_LOWEST, SHARES, SHARE = 10_000, 8, 2_500
"""Each test process of a run has a share of the ports to itself, below the range that the kernel takes for outgoing connections."""


def _ports_of_this_process() -> Iterator[int]:
    """Yield each port of this test process's own share again and again, from a random one on: none twice in a row, none of another's."""
    worker = int("".join(filter(str.isdigit, os.environ.get("PYTEST_XDIST_WORKER", ""))) or 0)
    share = range(
        PORT_LOWEST + worker % SHARES * SHARE, PORT_LOWEST + (worker % SHARES + 1) * SHARE
    )
    start = int.from_bytes(os.urandom(2)) % SHARE
    return cycle([*share[start:], *share[:start]])


_ports = _ports_of_this_process()


def free_ports(count: int) -> list[int]:
    """Return ports that were free just now, all different, and not given out again for long."""
    found: list[int] = []
    for port in islice(_ports, SHARE):
        if len(found) == count:
            break
        with socket.socket() as attempt, suppress(OSError):
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            attempt.bind(("127.0.0.1", port))
            found.append(port)
    assert len(found) == count, "there are not so many free ports"
    return found


def accepts(port: int) -> bool:
    """Whether somebody listens there."""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def wait_until(holds: object, what: str, within_s: float = 20.0) -> None:
    """Wait until the callable `holds` returns something true."""
    deadline = time.monotonic() + within_s
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline, f"not within {within_s} s: {what}"
        time.sleep(0.02)


def start_module(
    module: str, arguments: Sequence[str], env: Mapping[str, str] | None = None, cwd: object = None
) -> subprocess.Popen[str]:
    """Start `python -m module`, with its output to read."""
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, **(env or {})},
        cwd=str(cwd) if cwd is not None else None,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stop(process: subprocess.Popen[str]) -> tuple[str, str]:
    """End a process, gently first, and return what it printed."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        return process.communicate(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.communicate(timeout=10)
