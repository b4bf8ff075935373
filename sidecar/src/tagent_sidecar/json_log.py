"""The sidecar's own log: one JSON object a line on stderr, each with service, instance and boot."""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Mapping
from typing import TextIO

import msgspec

from tagent_contract.times import format_time


class JsonFormatter:
    """Writes a record as one line. `fields` are in each; they may be added to once more is known."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        """Put these into every line."""
        self.fields = dict(fields)

    def format(self, record: logging.LogRecord) -> str:
        """Return the line. A traceback is one field, so that a line stays one event."""
        line = {
            "at": format_time(record.created),
            "level": record.levelname.lower(),
            "text": record.getMessage(),
            "from": record.name,
            **self.fields,
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["traceback"] = "".join(traceback.format_exception(record.exc_info[1]))
        return msgspec.json.encode(line).decode()


def start_logging(
    level: str, fields: Mapping[str, str], stream: TextIO = sys.stderr
) -> JsonFormatter:
    """Send everything that is logged in this process to `stream`."""
    # A reader that went away must not end the sidecar, nor fill its log with that.
    logging.raiseExceptions = False
    formatter = JsonFormatter(fields)
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)  # type: ignore[arg-type]
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    return formatter
