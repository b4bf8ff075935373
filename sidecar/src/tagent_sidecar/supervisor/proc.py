"""What Linux tells of a process under /proc; nothing, where there is no such thing or the process is gone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")


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
        return parse_stat(Path(f"/proc/{pid}/stat").read_bytes())
    except (OSError, IndexError, ValueError):
        return None


def process_state(pid: int) -> str:
    """Return the state's letter, such as `S`, `T` or `Z`; empty when it is not known."""
    stat = read_stat(pid)
    return stat.state if stat else ""


def children_of(pid: int) -> list[int]:
    """Return the direct children, zombies too."""
    found: list[int] = []
    try:
        threads = list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return found
    for thread in threads:
        try:
            found.extend(int(child) for child in (thread / "children").read_bytes().split())
        except OSError:
            continue
    return found


def family_of(pid: int) -> list[int]:
    """Return the process and all its descendants, parents first."""
    family = [pid]
    for member in family:
        family.extend(child for child in children_of(member) if child not in family)
    return family
