"""What restarts a service: ours, supervisord and monit, each started as its documentation says, for one service."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tagent_client.client import Client
from tagent_client.settings import ClientSettings
from tagent_contract.policy import HealingPolicy, HealthPolicy, RestartPolicy, ServicePolicy

BIN = Path(sys.executable).parent
SERVICE = Path(__file__).with_name("peers") / "instant_service.pl"
START_WITHIN_S = 30.0

QUICK = ServicePolicy(
    health=HealthPolicy(check_interval_s=0.1, inside_timeout_s=0.25, failure_threshold=2),
    restart=RestartPolicy(backoff_first_s=0, intensity=100_000),
    healing=HealingPolicy(verify_hold_s=0.1, reopens_max=100_000),
)
"""The check that the budget names: every 0.1 s, 0.25 s long, twice; and no back-off."""


@dataclass(frozen=True, slots=True)
class Supervised:
    """A service that something keeps running."""

    port: int
    """Where its callers reach it."""
    find_pid: Callable[[], int]
    """Which process it is now."""
    has_recovered: Callable[[], bool] = lambda: True
    """Whether its supervisor is done with the last failure, as far as it can be asked."""


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def service_command(port: int) -> list[str]:
    """Return the command of a service that starts in no time."""
    return ["perl", str(SERVICE), str(port)]


def pid_of_service(port: int) -> int:
    """Return the process that runs the service at this port."""
    wanted = [str(SERVICE), str(port), ""]
    while True:
        for entry in Path("/proc").iterdir():
            # A supervisor has the same words on its own command line, but not as the first.
            words = _command_line(entry)
            if words[1:] == wanted:
                return int(entry.name)
        time.sleep(0.001)


def _command_line(entry: Path) -> list[str]:
    try:
        return (entry / "cmdline").read_text().split("\0") if entry.name.isdecimal() else []
    except OSError:
        return []


def is_serving(port: int, timeout_s: float = 0.1) -> bool:
    """Ask once, on a new connection."""
    with socket.socket() as sock:
        sock.settimeout(timeout_s)
        try:
            sock.connect(("127.0.0.1", port))
            sock.sendall(b"GET /healthz HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")
            return sock.recv(64).startswith(b"HTTP/1.1 200")
        except OSError:
            return False


def wait_until(what: str, is_so: Callable[[], bool]) -> None:
    """Wait for a start. Raises RuntimeError when it takes too long."""
    until = time.monotonic() + START_WITHIN_S
    while not is_so():
        if time.monotonic() > until:
            raise RuntimeError(f"waited {START_WITHIN_S:g} s for {what}")
        time.sleep(0.02)


@contextmanager
def running(
    argv: Sequence[str | Path], folder: Path, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program with its output in the folder, and end it by its pid."""
    name = Path(argv[0]).name
    with (folder / f"{name}.log").open("ab") as said:
        process = subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            env={**os.environ, **environment},
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def our_sidecar(folder: Path) -> Iterator[Supervised]:
    """Our sidecar alone, back-off off."""
    port, target = free_port(), free_port()
    argv = [*sidecar_command("bench-service", port, target), "--backoff-first-s", "0"]
    argv += ["--intensity", "100000", "--", *service_command(target)]
    with running(argv, folder):
        wait_until("the sidecar", lambda: is_serving(port))
        yield Supervised(port, lambda: pid_of_service(target))


@contextmanager
def our_platform_and_sidecar(folder: Path) -> Iterator[Supervised]:
    """Run the platform, which orders what is alive but sick to be restarted, and a sidecar."""
    home, at = folder / "home", free_port()
    url = f"http://127.0.0.1:{at}"
    port, target = free_port(), free_port()
    with ExitStack() as stack:
        platform = [BIN / "tagent-platform", "--host", "127.0.0.1", "--port", str(at)]
        # One service alone is no storm, so nothing is waited for to find that out.
        quick = {"TAGENT_STORM_SETTLE_S": "0", "TAGENT_TICK_S": "0.05"}
        stack.enter_context(running([*platform, "--home", home], folder, **quick))
        wait_until("the platform", lambda: _is_ready(url))
        token = (home / "tokens" / "admin").read_text().strip()
        client = stack.enter_context(Client(ClientSettings(url, token, home)))
        minted = client.mint_token("bench", "sidecar", "bench-service").token
        if minted is None:
            raise RuntimeError("the platform minted no token")
        argv = [*sidecar_command("bench-service", port, target), "--platform-url", url]
        argv += ["--", *service_command(target)]
        stack.enter_context(running(argv, folder, TAGENT_TOKEN=minted))
        wait_until("the sidecar", lambda: is_serving(port))
        wait_until("the service to be known", lambda: bool(client.services()))
        client.set_policy("bench-service", QUICK)
        yield Supervised(
            port,
            lambda: pid_of_service(target),
            lambda: client.service("bench-service").incident is None,
        )


def sidecar_command(service: str, port: int, target: int) -> list[str | Path]:
    """Return the begin of our sidecar's command."""
    return [
        BIN / "tagent-sidecar", "run", "--service", service, "--log-level", "warning",
        "--listen", f"127.0.0.1:{port}", "--target", f"127.0.0.1:{target}",
    ]  # fmt: skip


@contextmanager
def supervisord(folder: Path) -> Iterator[Supervised]:
    """Debian's supervisor with its defaults, told to restart whatever happens."""
    port = free_port()
    config = folder / "supervisord.conf"
    config.write_text(
        f"[supervisord]\nnodaemon=true\nlogfile={folder}/supervisord-own.log\n"
        f"pidfile={folder}/supervisord.pid\nchildlogdir={folder}\nuser=root\n"
        f"[program:service]\ncommand={' '.join(service_command(port))}\n"
        "autorestart=true\nstartretries=1000\n"
    )
    with running([_tool("supervisord"), "-c", str(config)], folder):
        wait_until("supervisord", lambda: is_serving(port))
        yield Supervised(port, lambda: pid_of_service(port))


@contextmanager
def monit(folder: Path) -> Iterator[Supervised]:
    """Debian's monit with its shortest cycle, 1 s, checking the process and asking it over HTTP."""
    port, pid_file = free_port(), folder / "service.pid"
    start, stop = folder / "start", folder / "stop"
    # The shell stays as the parent, so that a killed service is reaped at once whatever process 1 is.
    start.write_text(
        f"#!/bin/sh\n({' '.join(service_command(port))} & echo $! > {pid_file}; wait)"
        " </dev/null >/dev/null 2>&1 &\n"
    )
    stop.write_text(f"#!/bin/sh\nkill -9 $(cat {pid_file})\n")
    for script in (start, stop):
        script.chmod(0o755)
    config = folder / "monitrc"
    config.write_text(
        f"set daemon 1\nset pidfile {folder}/monit.pid\nset idfile {folder}/monit.id\n"
        f"set statefile {folder}/monit.state\nset log {folder}/monit-own.log\n"
        f'check process service with pidfile {pid_file}\n  start program = "{start}" with timeout 1 seconds\n'
        f'  stop program = "{stop}"\n'
        f"  if failed host 127.0.0.1 port {port} protocol http request /healthz"
        " with timeout 1 seconds then restart\n"
    )
    config.chmod(0o600)
    try:
        with running([_tool("monit"), "-I", "-c", str(config)], folder):
            wait_until("monit", lambda: is_serving(port))
            time.sleep(2.0)
            yield Supervised(port, lambda: pid_of_service(port))
    finally:
        os.kill(pid_of_service(port), signal.SIGKILL)


def _tool(name: str) -> str:
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
    if found is None:
        raise RuntimeError(f"{name} is not installed; bench/install-peers installs it")
    return found


def _is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/readyz", timeout=2):
            return True
    except (urllib.error.URLError, OSError):
        return False
