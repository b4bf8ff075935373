"""The instances that windows come from: their numbers in storage, and each one's latest windows in memory."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from tagent_platform.adapters.series.chunks import shard_of
from tagent_platform.ports.series import WindowSample


class Track:
    """One instance: its number, its service's shard, and its latest windows, oldest first."""

    __slots__ = ("known_since", "number", "recent", "shard")

    def __init__(self, number: int, service: str, known_since: float) -> None:
        self.number = number
        self.known_since = known_since
        self.shard = shard_of(service)
        self.recent: list[WindowSample] = []

    def insert(self, sample: WindowSample) -> bool | None:
        """Add a window that does not end after all others. Return False for a known one, None for one too old to tell."""
        recent = self.recent
        place = bisect_left(recent, sample.at, key=_end)
        if recent[place].at == sample.at:
            return False
        if place == 0:
            return None
        recent.insert(place, sample)
        return True

    def trim(self, before: float, keep_max: int) -> None:
        """Drop windows that ended before that, and half of those that are too many; the newest stays."""
        recent = self.recent
        excess = len(recent) - keep_max // 2 if len(recent) > keep_max else 0
        del recent[: min(len(recent) - 1, max(excess, bisect_left(recent, before, key=_end)))]

    @property
    def heard_at(self) -> float:
        """When its latest window ended; when it became known, before the first one."""
        return self.recent[-1].at if self.recent else self.known_since

    def after(self, since: float) -> Sequence[WindowSample]:
        """Return the windows that end after `since`."""
        recent = self.recent
        first = len(recent)
        while first > 0 and recent[first - 1].at > since:
            first -= 1
        return recent[first:]


def _end(sample: WindowSample) -> float:
    return sample.at


class Tracks:
    """All instances by service and name; at most `instances_max`."""

    def __init__(self, instances_max: int) -> None:
        self._max = instances_max
        self._newest = 0
        self.by_name: dict[tuple[str, str], Track] = {}

    def add(
        self, service: str, instance: str, known_since: float, number: int | None = None
    ) -> Track | None:
        """Begin a track, under the next number unless storage has one; None when there are too many."""
        if number is None:
            if len(self.by_name) >= self._max:
                return None
            number = self._newest + 1
        self._newest = max(self._newest, number)
        track = self.by_name[service, instance] = Track(number, service, known_since)
        return track

    def names(self) -> list[tuple[int, str, str]]:
        """Return every instance's number, service and name."""
        return [(track.number, *name) for name, track in self.by_name.items()]

    def numbers_of(self, service: str) -> set[int]:
        """Return the numbers of a service's instances."""
        return {track.number for (of, _), track in self.by_name.items() if of == service}

    def forget_idle(self, before: float) -> list[int]:
        """Drop the instances whose last window ended before that, and return their numbers."""
        idle = [name for name, track in self.by_name.items() if track.heard_at < before]
        return [self.by_name.pop(name).number for name in idle]
