"""Minute by minute, what an instance's raw windows say together; kept for as long as a day is looked back on.

Minutes are made from the raw windows in the file, a bounded piece at a time: an instance's windows are raw long enough that it does
not matter when. A shard's mark says up to which time of arrival its windows are in their minutes; it moves in the same transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from tagent_contract.reports import Window
from tagent_platform.adapters.series.chunks import (
    SHARDS,
    Entry,
    decode_entries,
    decode_window,
    encode_entries,
    entry_of,
)
from tagent_platform.adapters.series.series_file import SeriesFile, row_id
from tagent_platform.core.windows import merge_windows

MINUTE_MS = 60_000
PIECE_WINDOWS = 1_000
"""About as many windows are brought into their minutes at a time."""


def minute_of(end_ms: int) -> int:
    """Return the number of the minute that a window belongs to, by its end."""
    return (end_ms - 1) // MINUTE_MS


class Minutes:
    """Brings one shard after the other up to date."""

    def __init__(self, file: SeriesFile) -> None:
        self._file = file
        self._turn = 0

    def fold_piece(self, arrived_before_ms: int) -> bool:
        """Fold a piece of the next shard that has raw windows from before that. Return whether there was one."""
        for _ in range(SHARDS):
            shard, self._turn = self._turn, (self._turn + 1) % SHARDS
            if self._fold_shard(shard, arrived_before_ms):
                return True
        return False

    def _fold_shard(self, shard: int, arrived_before_ms: int) -> bool:
        entries: list[Entry] = []
        mark_ms = None
        for arrived_ms, body in self._file.raw_chunks(
            shard, self._file.folded_ms(shard), arrived_before_ms
        ):
            entries += decode_entries(body)
            mark_ms = arrived_ms
            if len(entries) >= PIECE_WINDOWS:
                break
        if mark_ms is None:
            return False
        with self._file.transaction() as connection:
            for minute, fresh in _by_minute(entries).items():
                _fold(connection, row_id(shard, minute), fresh)
            self._file.mark_folded(shard, mark_ms)
        return True


def _by_minute(entries: Iterable[Entry]) -> dict[int, list[Entry]]:
    by_minute: dict[int, list[Entry]] = {}
    for entry in entries:
        by_minute.setdefault(minute_of(entry[1]), []).append(entry)
    return by_minute


def _fold(connection: sqlite3.Connection, id_: int, fresh: Iterable[Entry]) -> None:
    row = connection.execute("SELECT body FROM minutes WHERE id = ?", (id_,)).fetchone()
    held = {entry[0]: entry for entry in decode_entries(row[0])} if row is not None else {}
    by_instance: dict[int, list[tuple[int, Window]]] = {}
    for number, end_ms, raw in fresh:
        by_instance.setdefault(number, []).append((end_ms, decode_window(raw)))
    for number, windows in by_instance.items():
        if number in held:
            _, end_ms, raw = held[number]
            windows.append((end_ms, decode_window(raw)))
        windows.sort(key=lambda pair: pair[0])
        merged = merge_windows([window for _, window in windows])
        held[number] = entry_of(number, windows[-1][0], merged)
    body = encode_entries(held.values())
    connection.execute("INSERT OR REPLACE INTO minutes VALUES (?, ?)", (id_, body))
