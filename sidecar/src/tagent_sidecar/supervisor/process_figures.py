"""What the service's processes and the sidecar itself use. Cheap enough to be asked every few seconds."""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

from tagent_sidecar.supervisor.cgroup import CgroupLimits, read_limits
from tagent_sidecar.supervisor.proc import ProcessStat, family_of, is_family_cheap, read_stat

FAMILY_KEPT_S = 30.0
"""Where listing a family means to read of every process of the machine, a family is listed this often."""
LIMITS_KEPT_S = 60.0

_TICKS_PER_S = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class ProcessFigures:
    """One look; named as the fields of the contract's `Window`. None: not known, or on first sight not known yet."""

    cpu_ratio: float | None = None
    rss_bytes: int | None = None
    descriptors: int | None = None
    threads: int | None = None
    cpu_limit_ratio: float | None = None
    memory_limit_bytes: int | None = None
    sidecar_rss_bytes: int | None = None
    sidecar_cpu_ratio: float | None = None


class ProcessMeter:
    """Measures the service with its descendants, and the sidecar. Ratios are over the time since the last look."""

    def __init__(self) -> None:
        self._family: list[int] = []
        self._family_of: int | None = None
        self._family_at = 0.0
        self._ticks: dict[tuple[int, int], int] = {}
        self._looked_at: float | None = None
        self._own_cpu_s: float | None = None
        self._limits = CgroupLimits()
        self._limits_at: float | None = None

    def look(self, pid: int | None, now: float) -> ProcessFigures:
        """Measure the service whose main process is `pid` (None: nobody knows it), and ourselves."""
        elapsed_s = None if self._looked_at is None else max(now - self._looked_at, 1e-3)
        self._looked_at = now
        if self._limits_at is None or now - self._limits_at >= LIMITS_KEPT_S:
            self._limits, self._limits_at = read_limits(), now
        own_rss_bytes, own_cpu_ratio = self._look_at_ourselves(elapsed_s)
        members = self._look_at_family(pid, now)
        return ProcessFigures(
            cpu_ratio=self._cpu_ratio(members, elapsed_s),
            rss_bytes=sum(stat.rss_pages for stat in members.values()) * _PAGE_BYTES
            if members
            else None,
            descriptors=_count_descriptors(members) if members else None,
            threads=sum(stat.threads for stat in members.values()) if members else None,
            cpu_limit_ratio=self._limits.cpu_ratio,
            memory_limit_bytes=self._limits.memory_bytes,
            sidecar_rss_bytes=own_rss_bytes,
            sidecar_cpu_ratio=own_cpu_ratio,
        )

    def _look_at_family(self, pid: int | None, now: float) -> dict[int, ProcessStat]:
        if pid is None:
            self._family_of = None
            return {}
        is_old = now - self._family_at >= FAMILY_KEPT_S
        if pid != self._family_of or is_old or is_family_cheap():
            self._family, self._family_of, self._family_at = family_of(pid), pid, now
        stats = {member: read_stat(member) for member in self._family}
        return {member: stat for member, stat in stats.items() if stat and stat.state not in "ZX"}

    def _cpu_ratio(self, members: dict[int, ProcessStat], elapsed_s: float | None) -> float | None:
        before = self._ticks
        self._ticks = {(pid, stat.started_ticks): stat.cpu_ticks for pid, stat in members.items()}
        if elapsed_s is None or not members:
            return None
        used = sum(max(0, ticks - before.get(key, ticks)) for key, ticks in self._ticks.items())
        return used / _TICKS_PER_S / elapsed_s

    def _look_at_ourselves(self, elapsed_s: float | None) -> tuple[int | None, float | None]:
        usage = resource.getrusage(resource.RUSAGE_SELF)
        before, self._own_cpu_s = self._own_cpu_s, usage.ru_utime + usage.ru_stime
        ratio = (
            None if before is None or elapsed_s is None else (self._own_cpu_s - before) / elapsed_s
        )
        stat = read_stat(os.getpid())
        if stat is not None:
            return stat.rss_pages * _PAGE_BYTES, ratio
        # The highest so far, which is all that is told elsewhere; macOS counts bytes.
        return usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), ratio


def _count_descriptors(members: dict[int, ProcessStat]) -> int | None:
    count = None
    for pid in members:
        try:
            count = (count or 0) + len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - a third of the cost
        except OSError:
            continue  # Another user's, or just gone.
    return count


def memory_free_bytes(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Return what could be taken without swapping, within our cgroup's limit; None when nobody knows."""
    available = _meminfo_bytes(meminfo, "MemAvailable")
    room = read_limits().memory_room_bytes
    known = [size for size in (available, room) if size is not None]
    return min(known) if known else None


def _meminfo_bytes(meminfo: Path, name: str) -> int | None:
    try:
        for line in meminfo.read_text("ascii").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return None
    return None
