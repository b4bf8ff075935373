"""A sidecar's log that also tells its warnings, for a terminal where nobody reads the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from typing_extensions import override

from tagent_client.cli.launch.bounded_log import BoundedLog

LINE_BYTES_MAX = 65_536
TOLD = frozenset({"warning", "error", "critical"})


class SidecarLog(BoundedLog):
    """Keeps every byte, and hands on the text of each line that is a warning or worse."""

    def __init__(self, path: Path, tell: Callable[[str], None]) -> None:
        super().__init__(path)
        self._tell = tell
        self._rest = b""

    @override
    def write(self, data: bytes) -> None:
        """Append, and tell what is worth it."""
        super().write(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-LINE_BYTES_MAX:]
        for line in lines:
            warning = warning_in(line)
            if warning:
                self._tell(warning)


def warning_in(line: bytes) -> str | None:
    """Return the text of a log line that is a warning or worse; None for every other line."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(entry, dict) or entry.get("level") not in TOLD:
        return None
    text = entry.get("text")
    return text if isinstance(text, str) else None
