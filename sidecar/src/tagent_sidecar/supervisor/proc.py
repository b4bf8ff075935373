"""What Linux tells of a process under /proc; nothing, where there is no such thing or the process is gone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

STAT_BYTES_MAX = 4096


@dataclass(frozen=True, slots=True)
class ProcessStat:
    """The fields of /proc/PID/stat that we use. Times are in clock ticks."""

    state: str
    parent: int
    cpu_ticks: int
    threads: int
    started_ticks: int
    """Since the machine's boot; with the pid it names a process for good."""
    rss_pages: int


def parse_stat(text: bytes) -> ProcessStat:
    """Read the file's one line. The command name in it may hold spaces and parentheses, so the last one counts."""
    fields = text.rpartition(b")")[2].split()
    return ProcessStat(
        state=fields[0].decode("ascii"),
        parent=int(fields[1]),
        cpu_ticks=int(fields[11]) + int(fields[12]),
        threads=int(fields[17]),
        started_ticks=int(fields[19]),
        rss_pages=int(fields[21]),
    )


def read_stat(pid: int) -> ProcessStat | None:
    """Return what the process is doing, None when it is gone."""
    try:
        opened = os.open(f"/proc/{pid}/stat", os.O_RDONLY)
        try:
            return parse_stat(os.read(opened, STAT_BYTES_MAX))
        finally:
            os.close(opened)
    except (OSError, IndexError, ValueError):
        return None


def process_state(pid: int) -> str:
    """Return the state's letter, such as `S`, `T` or `Z`; empty when it is not known."""
    stat = read_stat(pid)
    return stat.state if stat else ""


@cache
def _lists_children() -> bool:
    """Return whether the kernel keeps a list of children; a build option, and many do not."""
    return Path(f"/proc/self/task/{os.getpid()}/children").exists()


def is_family_cheap() -> bool:
    """Return whether `family_of` costs little; else it reads of every process of the machine."""
    return _lists_children()


def children_of(pid: int) -> list[int]:
    """Return the direct children, zombies too."""
    if _lists_children():
        return _listed_children(pid)
    return [child for child, parent in _parents().items() if parent == pid]


def family_of(pid: int) -> list[int]:
    """Return the process and all its descendants, parents first."""
    parents = {} if _lists_children() else _parents()
    family = [pid]
    for member in family:
        if _lists_children():
            children = _listed_children(member)
        else:
            children = [child for child, parent in parents.items() if parent == member]
        family.extend(child for child in children if child not in family)
    return family


def _listed_children(pid: int) -> list[int]:
    found: list[int] = []
    try:
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208 - a third of the cost
    except OSError:
        return found
    for thread in threads:
        try:
            listed = Path(f"/proc/{pid}/task/{thread}/children").read_bytes()
        except OSError:
            continue
        found.extend(int(child) for child in listed.split())
    return found


def _parents() -> dict[int, int]:
    """Return every process of the machine with its parent."""
    try:
        names = os.listdir("/proc")  # noqa: PTH208 - a third of the cost
    except OSError:
        return {}
    stats = {int(name): read_stat(int(name)) for name in names if name.isdecimal()}
    return {pid: stat.parent for pid, stat in stats.items() if stat is not None}
