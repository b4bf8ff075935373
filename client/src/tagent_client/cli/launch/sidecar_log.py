"""A sidecar's log that also tells its warnings, for a terminal where nobody reads the file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
    entry = _entry(line)
    return entry["text"] if entry.get("level") in TOLD else None


def readable(line: str) -> str:
    """Return what a line of a log says: the text of a structured one, any other as it is."""
    entry = _entry(line)
    return f"{entry.get('level', '')}: {entry['text']}" if entry else line


def _entry(line: bytes | str) -> dict[str, Any]:
    """Return a structured line of a sidecar or the platform with its text; empty for any other."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(entry, dict):
        return {}
    text = entry.get("text", entry.get("message"))
    return {**entry, "text": text} if isinstance(text, str) else {}
