"""What was appended and is not in the file yet: bounded, filled by the event loop, emptied by the writer."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from tagent_platform.adapters.series.chunks import SHARDS, Entry, add_entry, entry_of
from tagent_platform.adapters.series.tracks import Tracks
from tagent_platform.ports.series import LogSample, WindowSample


@dataclass(slots=True)
class Batch:
    """What one flush writes: a chunk and its number of windows per shard, and what is not as simple.

    `late` windows are too old to tell whether they are known; the file tells.
    """

    chunks: list[bytearray] = field(default_factory=lambda: [bytearray() for _ in range(SHARDS)])
    counts: list[int] = field(default_factory=lambda: [0] * SHARDS)
    window_count: int = 0
    late: list[tuple[int, Entry]] = field(default_factory=list)
    logs: list[LogSample] = field(default_factory=list)
    new_instances: list[tuple[int, str, str]] = field(default_factory=list)


class Buffer:
    """Takes samples without waiting, and counts those it has no room for.

    A window is encoded at once, while the processor still has it at hand; the writer only puts chunks together.
    """

    def __init__(
        self, tracks: Tracks, *, windows_max: int, logs_max: int, recent_s: float, recent_max: int
    ) -> None:
        self.dropped = 0
        self.lock = threading.Lock()
        self._tracks = tracks
        self._windows_max = windows_max
        self._logs_max = logs_max
        self._recent_s = recent_s
        self._recent_max = recent_max
        self._batch = Batch()

    def add(self, windows: Sequence[WindowSample], logs: Sequence[LogSample]) -> int:
        """Keep samples until they are taken, and return how many windows wait; without room the newest are dropped."""
        with self.lock:
            batch = self._batch
            for sample in windows:
                if batch.window_count >= self._windows_max:
                    self.dropped += 1
                else:
                    self._add_window(batch, sample)
            if logs:
                room = max(0, self._logs_max - len(batch.logs))
                batch.logs += logs[:room]
                self.dropped += max(0, len(logs) - room)
            return batch.window_count

    def _add_window(self, batch: Batch, sample: WindowSample) -> None:
        # The hottest function of the series: a report's whole cost here is a few microseconds.
        track = self._tracks.by_name.get((sample.service, sample.instance))
        if track is None:
            track = self._tracks.add(sample.service, sample.instance, sample.at)
            if track is None:
                self.dropped += 1
                return
            batch.new_instances.append((track.number, sample.service, sample.instance))
        at = sample.at
        recent = track.recent
        is_new: bool | None = True
        if not recent or at > recent[-1].at:
            recent.append(sample)
            if len(recent) > self._recent_max or recent[0].at < at - self._recent_s:
                track.trim(at - self._recent_s, self._recent_max)
        else:
            is_new = track.insert(sample)
        if is_new:
            shard = track.shard
            add_entry(batch.chunks[shard], track.number, int(at * 1000 + 0.5), sample.window)
            batch.counts[shard] += 1
            batch.window_count += 1
        elif is_new is None:
            entry = entry_of(track.number, int(at * 1000 + 0.5), sample.window)
            batch.late.append((track.shard, entry))
            batch.window_count += 1

    def take(self) -> Batch:
        """Return what was kept, and begin anew."""
        with self.lock:
            batch, self._batch = self._batch, Batch()
        return batch

    def lose(self, batch: Batch, samples: int) -> None:
        """Count samples that could not be written; instances are announced again with the next batch."""
        with self.lock:
            self.dropped += samples
            self._batch.new_instances[:0] = batch.new_instances
            batch.new_instances = []

    def announce_all(self) -> None:
        """Announce every instance again: the file that knew them is gone."""
        with self.lock:
            self._batch.new_instances = self._tracks.names()
