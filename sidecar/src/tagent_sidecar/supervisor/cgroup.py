"""The limits a container or a service unit puts on us: control groups, version 2 and 1."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

UNLIMITED_BYTES = 2**60
"""Version 1 says "no limit" by a number near 2^63."""


@dataclass(frozen=True, slots=True)
class CgroupLimits:
    """None: no limit, or not known."""

    cpu_ratio: float | None = None
    memory_bytes: int | None = None
    memory_room_bytes: int | None = None
    """The memory limit less what is in use."""


def read_limits(
    root: Path = Path("/sys/fs/cgroup"), own: Path = Path("/proc/self/cgroup")
) -> CgroupLimits:
    """Return the tightest limits of the groups we are in."""
    cpu: list[float] = []
    memory: list[tuple[int, int]] = []
    for group in _own_groups(root, own):
        ratio = _cpu_ratio(group)
        if ratio is not None:
            cpu.append(ratio)
        limit = _memory(group)
        if limit is not None:
            memory.append(limit)
    return CgroupLimits(
        cpu_ratio=min(cpu, default=None),
        memory_bytes=min((limit for limit, _ in memory), default=None),
        memory_room_bytes=min((max(0, limit - used) for limit, used in memory), default=None),
    )


def _own_groups(root: Path, own: Path) -> list[Path]:
    """Return our groups' folders with all above them, since each may set a limit."""
    try:
        lines = own.read_text().splitlines()
    except OSError:
        return []
    groups: list[Path] = []
    for line in lines:
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if controllers and not {"cpu", "memory"} & set(controllers.split(",")):
            continue
        top = root / controllers if controllers else root
        # In a container the path may be the host's, which is not there: then the top is our group.
        folder = top / path.lstrip("/")
        groups.extend(_up_to(top, folder if folder.is_dir() else top))
    return groups


def _up_to(top: Path, folder: Path) -> list[Path]:
    return [folder, *(above for above in folder.parents if above.is_relative_to(top))]


def _cpu_ratio(group: Path) -> float | None:
    words = _words(group / "cpu.max") or [
        *_words(group / "cpu.cfs_quota_us"),
        *_words(group / "cpu.cfs_period_us"),
    ]
    try:
        quota, period = float(words[0]), float(words[1])
    except (IndexError, ValueError):
        return None
    return quota / period if quota > 0 and period > 0 else None


def _memory(group: Path) -> tuple[int, int] | None:
    limit = _words(group / "memory.max") or _words(group / "memory.limit_in_bytes")
    used = _words(group / "memory.current") or _words(group / "memory.usage_in_bytes")
    try:
        limit_bytes = int(limit[0])
    except (IndexError, ValueError):
        return None
    if limit_bytes >= UNLIMITED_BYTES:
        return None
    return limit_bytes, int(used[0]) if used and used[0].isdecimal() else 0


def _words(path: Path) -> list[str]:
    try:
        return path.read_text("ascii").split()
    except (OSError, UnicodeDecodeError):
        return []
