"""Tagent's own processes on this machine: found below the `tagent up` of a home, never by name alone, and killed for a while."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

import psutil
from chaoslib.exceptions import ActivityFailed

from chaostagent.waiting import pause
from tagent_client.settings import ClientSettings, read_up_file

LOOK_EVERY_S = 0.1
PLATFORM = "tagent_platform"
SIDECAR = "tagent_sidecar"


@dataclass(frozen=True, slots=True)
class LocalProcess:
    """A part of a running `tagent up`, by what identifies it in each of its lives."""

    up_pid: int
    part: str
    service: str

    @property
    def name(self) -> str:
        """Return what to call it."""
        return {
            "platform": "the platform",
            "sidecar": f"the sidecar of {self.service}",
            "service": self.service,
        }[self.part]

    def present(self) -> psutil.Process | None:
        """Return its present process, None while there is none."""
        with suppress(psutil.Error):
            for process in psutil.Process(self.up_pid).children():
                if _is_part(
                    process, "sidecar" if self.part == "service" else self.part, self.service
                ):
                    return _service_below(process) if self.part == "service" else process
        return None


def process_of(settings: ClientSettings, part: str, service: str) -> LocalProcess:
    """Return a part of the `tagent up` whose platform the settings name. Raises ActivityFailed."""
    if part not in ("platform", "sidecar", "service"):
        raise ActivityFailed(f"part is platform, sidecar or service, not {part!r}")
    if part != "platform" and not service:
        raise ActivityFailed(f"which {part}? name its service")
    up = read_up_file(settings.home)
    if up is None or up.url != settings.url:
        raise ActivityFailed(
            f"no `tagent up` of {settings.home} runs the platform at {settings.url}, so its processes are not ours to kill; set TAGENT_HOME"
        )
    found = LocalProcess(up.pid, part, service)
    if found.present() is None:
        raise ActivityFailed(f"`tagent up` (process {up.pid}) has no process of {found.name} now")
    return found


def kill_and_keep_dead(target: LocalProcess, dead_for_s: float) -> int:
    """Kill it, and again whenever it is back within that time; return how often."""
    until = time.monotonic() + dead_for_s
    kills = 0
    while True:
        process = target.present()
        if process is not None:
            with suppress(psutil.NoSuchProcess):
                process.kill()
                kills += 1
        left_s = until - time.monotonic()
        if left_s <= 0:
            return kills
        pause(min(LOOK_EVERY_S, left_s))


def _is_part(process: psutil.Process, part: str, service: str) -> bool:
    with suppress(psutil.Error):
        words = process.cmdline()
        return is_command_of(words, part, service)
    return False


def is_command_of(words: Sequence[str], part: str, service: str) -> bool:
    """Tell whether a command line is that of the platform, or of the service's sidecar."""
    if part == "platform":
        return PLATFORM in words
    return SIDECAR in words and any(pair == ("--service", service) for pair in pairwise(words))


def _service_below(sidecar: psutil.Process) -> psutil.Process | None:
    with suppress(psutil.Error):
        children = sidecar.children()
        return children[0] if len(children) == 1 else None
    return None
