"""`tagent-dashboard`: read the settings, serve until told to stop, say in one sentence why not."""

from __future__ import annotations

import argparse
import logging
import socket
import sys
from collections.abc import Sequence
from contextlib import closing

from tagent_client.errors import SettingsError
from tagent_dashboard.settings import HOST_DEFAULT, PORT_DEFAULT, Settings, read_dashboard_settings

EXIT_FAILED = 1
EXIT_USAGE = 2


def _arguments(argv: Sequence[str] | None) -> dict[str, str]:
    parser = argparse.ArgumentParser(
        prog="tagent-dashboard",
        description="Serves the dashboard of the platform that TAGENT_URL, or the home on this machine, names.",
    )
    parser.add_argument(
        "--host", help=f"address to serve on ({HOST_DEFAULT}) [TAGENT_DASHBOARD_HOST]"
    )
    parser.add_argument("--port", help=f"port to serve on ({PORT_DEFAULT}) [TAGENT_DASHBOARD_PORT]")
    given = vars(parser.parse_args(argv))
    return {name: text for name, text in given.items() if text is not None}


def _why_not(settings: Settings) -> str | None:
    """Say why its address cannot be served on, before anything heavy is loaded."""
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with closing(socket.socket(family, kind, number)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        reason = error.strerror or error
        return f"cannot serve on {settings.host}:{settings.port} ({reason}); choose another with --host and --port"
    return None


def main(argv: Sequence[str] | None = None) -> int:
    """Serve; return 0 after a stop that was asked for, 1 when it could not start, 2 for a wrong setting."""
    try:
        settings = read_dashboard_settings(_arguments(argv))
    except SettingsError as error:
        print(f"tagent-dashboard: {error}", file=sys.stderr)  # noqa: T201 - for people, before there is a log
        return EXIT_USAGE
    problem = _why_not(settings)
    if problem is not None:
        print(f"tagent-dashboard: {problem}", file=sys.stderr)  # noqa: T201 - likewise
        return EXIT_FAILED
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    from tagent_dashboard.server import serve

    serve(settings)
    return 0


if __name__ == "__main__":
    sys.exit(main())
