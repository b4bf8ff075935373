"""`tagent-dashboard`: read the settings, serve until told to stop, say in one sentence why not."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from tagent_client.errors import SettingsError
from tagent_dashboard.settings import HOST_DEFAULT, PORT_DEFAULT, Settings, read_dashboard_settings

SCRIPT_FOLDER = Path(__file__).parent / "script"
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130


def _arguments(argv: Sequence[str] | None) -> dict[str, str]:
    parser = argparse.ArgumentParser(
        prog="tagent-dashboard",
        description="Serves the dashboard of the platform that TAGENT_URL, or the home on this machine, names.",
    )
    parser.add_argument(
        "--host", help=f"address to serve on ({HOST_DEFAULT}) [TAGENT_DASHBOARD_HOST]"
    )
    parser.add_argument("--port", help=f"port to serve on ({PORT_DEFAULT}) [TAGENT_DASHBOARD_PORT]")
    parser.add_argument(
        "--log-level", help="debug, info, warning or error (info) [TAGENT_LOG_LEVEL]"
    )
    given = vars(parser.parse_args(argv))
    return {name: text for name, text in given.items() if text is not None}


def _bind(settings: Settings) -> socket.socket:
    """Take the address, before anything heavy is loaded. Raises OSError."""
    family, kind, number, _, address = socket.getaddrinfo(
        settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, number)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError:
        listener.close()
        raise
    return listener


def main(argv: Sequence[str] | None = None) -> int:
    """Serve; return 0 after a stop that was asked for, 130 after Ctrl-C, 1 when it could not start, 2 for a wrong setting."""
    try:
        settings = read_dashboard_settings(_arguments(argv))
    except SettingsError as error:
        print(f"tagent-dashboard: {error}", file=sys.stderr)  # noqa: T201 - for people, before there is a log
        return EXIT_USAGE
    try:
        listener = _bind(settings)
    except OSError as error:
        where, reason = f"{settings.host}:{settings.port}", error.strerror or error
        problem = f"cannot serve on {where} ({reason}); choose another with --host and --port"
        print(f"tagent-dashboard: {problem}", file=sys.stderr)  # noqa: T201 - likewise
        return EXIT_FAILED
    # Streamlit takes settings and secrets from the folder it is started in, which may be that of somebody's own application.
    os.chdir(SCRIPT_FOLDER)
    with listener:
        # Heavy, and not needed to refuse.
        from tagent_dashboard.logs import log_to_stderr
        from tagent_dashboard.server import serve

        log_to_stderr(settings.log_level)
        ended_by = serve(settings, listener)
    if ended_by is None:
        return EXIT_FAILED
    return EXIT_INTERRUPTED if ended_by == signal.SIGINT else 0


def run() -> NoReturn:
    """Run as a program. Threads that still wait for a platform that hangs do not keep it: their answers would reach nobody."""
    code = main()
    logging.shutdown()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    run()
