"""`tagent-platform`: read the settings, serve until told to stop, say in one sentence why not."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import uvloop
from typing_extensions import override

from tagent_platform.bootstrap import StartError, serve
from tagent_platform.settings import (
    RUNTIMES,
    SERIES,
    STORES,
    SettingsError,
    read_settings,
    variable,
)

EXIT_FAILED = 1
EXIT_USAGE = 2


class JsonLines(logging.Formatter):
    """One JSON object a line: when, how bad, who says so, what."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def _arguments(argv: Sequence[str] | None) -> dict[str, str]:
    parser = argparse.ArgumentParser(
        prog="tagent-platform",
        description="Keeps the state of all services, decides what heals them, and proves that it did.",
        epilog="Every setting is a variable too: TAGENT_PORT for --port, and likewise each limit and interval.",
    )
    for name, about in (
        ("host", "address to serve on (127.0.0.1)"),
        ("port", "port to serve on; 0 takes a free one (8000)"),
        ("home", "folder for state, logs and tokens (.tagent)"),
        ("store", f"where state is kept: {', '.join(STORES)} (sqlite)"),
        ("runtime", f"what restarts services: {', '.join(RUNTIMES)} (process)"),
        ("series", f"where figures over time are kept: {', '.join(SERIES)} (sqlite)"),
        ("log-level", "debug, info, warning or error (info)"),
    ):
        dest = name.replace("-", "_")
        parser.add_argument(f"--{name}", dest=dest, help=f"{about} [{variable(dest)}]")
    given = vars(parser.parse_args(argv))
    return {name: text for name, text in given.items() if text is not None}


def _log_to_stderr(level: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for chatty in ("httpx", "httpcore"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    # It warns of each malformed request, and a stranger must not be able to fill the log.
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)


def main(argv: Sequence[str] | None = None) -> int:
    """Serve; return 0 after a stop that was asked for, 1 when it could not start or failed, 2 for a wrong setting."""
    try:
        settings = read_settings(_arguments(argv))
    except SettingsError as error:
        print(f"tagent-platform: {error}", file=sys.stderr)  # noqa: T201 - for people, before there is a log
        return EXIT_USAGE
    _log_to_stderr(settings.log_level)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve(settings))
    except StartError as error:
        print(f"tagent-platform: {error}", file=sys.stderr)  # noqa: T201 - likewise
        return EXIT_FAILED
    except BaseExceptionGroup:
        logging.getLogger(__name__).exception("the platform failed")
        return EXIT_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
