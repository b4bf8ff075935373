"""The process's log: one JSON object a line, whoever speaks. Streamlit and uvicorn bring handlers of their own; none of them stays."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from datetime import UTC, datetime

import streamlit.logger
from typing_extensions import override

LEVELS = ("debug", "info", "warning", "error")
QUIET = {
    # Each poll, each connection, each malformed request of a stranger: they would bury the rest, and fill the disk.
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "uvicorn.access": logging.CRITICAL,
    "uvicorn.error": logging.ERROR,
    "websockets": logging.ERROR,
}
"""From which level on these are heard. A filter of the handler and not their own level, which Streamlit sets again after the start."""


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


def log_to_stderr(level: str) -> None:
    """Send everything there, from this level on; to be called before anything of Streamlit's is set up."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    handler.addFilter(_is_worth_a_line)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    streamlit.logger.setup_formatter = _pass_on
    streamlit.logger.update_formatter()


def _is_worth_a_line(record: logging.LogRecord) -> bool:
    if record.exc_info and isinstance(record.exc_info[1], asyncio.CancelledError):
        # At the stop, uvicorn says how many it cancels, and then of each how it was cancelled.
        return False
    return record.levelno >= QUIET.get(record.name, logging.NOTSET)


def _pass_on(logger: logging.Logger) -> None:
    """Stand in for Streamlit's set-up of each of its loggers: no handler of its own, all goes to the root's."""
    own = getattr(logger, "streamlit_console_handler", None)
    if own is not None:
        logger.removeHandler(own)
    logger.propagate = True
