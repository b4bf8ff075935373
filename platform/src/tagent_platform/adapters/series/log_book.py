"""Log lines in `series.db`: the newest of each service, bounded by their number and by their bytes."""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Sequence

from tagent_platform.adapters.series.chunks import decode_lines, encode_lines
from tagent_platform.adapters.series.series_file import SeriesFile
from tagent_platform.ports.series import LogQuery, LogSample

LEVELS = ("debug", "info", "warning", "error", "critical")
"""Mildest first. A line of any other level counts as info."""

_CHUNK_LINES_MAX = 250
_ARRIVAL_SHIFT = 20


class LogBook:
    """Chunks of lines; a service's oldest ones go when it has more lines or bytes than it may."""

    def __init__(self, file: SeriesFile, lines_max: int, bytes_max: int) -> None:
        self._file = file
        self._lines_max = lines_max
        self._bytes_max = bytes_max
        self._chunks: dict[str, deque[tuple[int, int, int]]] = {}

    def load(self) -> None:
        """Learn what the file holds."""
        self._chunks = {}
        for id_, service, lines, size in self._file.connection.execute(
            "SELECT id, service, lines, bytes FROM logs ORDER BY id"
        ):
            self._chunks.setdefault(service, deque()).append((id_, lines, size))

    def forget(self) -> None:
        """Know of no line any more: the file is gone."""
        self._chunks = {}

    def write(self, by_service: dict[str, list[LogSample]], arrived_ms: int) -> None:
        """Write lines, and drop those that they push out; all or nothing."""
        rows: list[tuple[int, str, int, int, bytes]] = []
        kept: dict[str, deque[tuple[int, int, int]]] = {}
        dropped: list[tuple[int]] = []
        for service, lines in by_service.items():
            chunks = kept[service] = deque(self._chunks.get(service, ()))
            for start in range(0, len(lines), _CHUNK_LINES_MAX):
                part = lines[start : start + _CHUNK_LINES_MAX]
                id_ = (arrived_ms << _ARRIVAL_SHIFT) + len(rows)
                body = encode_lines(part)
                rows.append((id_, service, len(part), len(body), body))
                chunks.append((id_, len(part), len(body)))
            dropped += self._push_out(chunks)
        with self._file.transaction() as connection:
            connection.executemany("INSERT INTO logs VALUES (?, ?, ?, ?, ?)", rows)
            connection.executemany("DELETE FROM logs WHERE id = ?", dropped)
        self._chunks.update(kept)

    def _push_out(self, chunks: deque[tuple[int, int, int]]) -> list[tuple[int]]:
        lines = sum(chunk[1] for chunk in chunks)
        size = sum(chunk[2] for chunk in chunks)
        out: list[tuple[int]] = []
        # The newest chunk stays, however large; a report's lines are bounded by the contract.
        while len(chunks) > 1 and (
            lines - chunks[0][1] >= self._lines_max or size > self._bytes_max
        ):
            id_, chunk_lines, chunk_size = chunks.popleft()
            lines -= chunk_lines
            size -= chunk_size
            out.append((id_,))
        return out

    def delete_before(self, arrived_ms: int) -> None:
        """Drop what arrived before that."""
        cutoff = arrived_ms << _ARRIVAL_SHIFT
        with self._file.transaction() as connection:
            connection.execute("DELETE FROM logs WHERE id < ?", (cutoff,))
        for chunks in self._chunks.values():
            while chunks and chunks[0][0] < cutoff:
                chunks.popleft()
        self._chunks = {service: chunks for service, chunks in self._chunks.items() if chunks}


def levels_from(level: str | None) -> frozenset[str] | None:
    """Return that level and the worse ones, None for all. Raises ValueError naming the known ones."""
    if level is None:
        return None
    if level not in LEVELS:
        raise ValueError(f"there is no level {level!r}; there are {', '.join(LEVELS)}")
    return frozenset(LEVELS[LEVELS.index(level) :])


def newest_lines(
    connection: sqlite3.Connection, query: LogQuery, lines_max: int
) -> Sequence[LogSample]:
    """Return the newest matching lines of a service, oldest first, looking at `lines_max` at most."""
    levels = levels_from(query.level)
    text = query.text.lower()
    found: list[LogSample] = []
    seen = 0
    rows = connection.execute(
        "SELECT body FROM logs WHERE service = ? ORDER BY id DESC", (query.service,)
    )
    for (body,) in rows:
        for line in reversed(decode_lines(query.service, body)):
            if len(found) >= query.limit or seen >= lines_max:
                return found[::-1]
            seen += 1
            level = line.level if line.level in LEVELS else "info"
            if (levels is None or level in levels) and text in line.text.lower():
                found.append(line)
    return found[::-1]
