"""The run that this process carries out: what its activities and controls tell each other.

Chaos Toolkit runs one experiment in one process and gives its parts no place of their own to meet, hence one run at module level. Without
the `run` control there is still one, which the platform knows nothing of.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from chaostagent.judgement.verdict import Evidence
from tagent_contract.experiments import Promise


@dataclass(frozen=True, slots=True)
class Measurement:
    """What a probe measured, and what would have been allowed."""

    measured: str
    allowed: str


@dataclass
class CurrentRun:
    """Everything that is known here of the run. May be used by several threads."""

    id: str | None = None
    """As the platform knows it; None when it does not."""
    experiment: str = ""
    targets: tuple[str, ...] = ()
    since: str = ""
    """When it began, by the platform's clock; empty: not known."""
    events_after: str | None = None
    """The cursor of the last event before it began."""
    refused: str = ""
    """Why the platform did not let it begin; it may then touch nothing."""
    disturbed: list[str] = field(default_factory=list)
    """What was broken other than by a fault."""
    halted: bool = False
    """It halted all faults, and is to release them."""
    promises: list[Promise] = field(default_factory=list)
    evidence: Evidence | None = None
    unreadable: str = ""
    """Why the platform's account could not be read."""
    guarding: threading.Event = field(default_factory=threading.Event)
    progress: str = ""
    """What is being done, for the heartbeat."""
    over: threading.Event = field(default_factory=threading.Event)
    is_interrupted: bool = False
    """A signal has ended what was being done; one is enough."""
    is_ending: bool = False
    """Rollbacks are being played: nothing may come between."""
    stop_reason: str = ""
    """Why it is to stop; empty: it is not."""
    _measured: threading.local = field(default_factory=threading.local)

    def ask_to_stop(self, reason: str) -> bool:
        """Note that it is to stop. The first reason holds; false when there was one already.

        A signal's handler calls this, so there is no lock: the thread that it interrupts might hold it.
        """
        if self.stop_reason:
            return False
        self.stop_reason = reason
        return True

    def measure(self, measured: str, allowed: str) -> None:
        """Keep what the probe of this thread has measured, for whoever judges it."""
        self._measured.latest = Measurement(measured, allowed)

    def take_measurement(self) -> Measurement | None:
        """Return what the last probe of this thread measured, once."""
        latest: Measurement | None = getattr(self._measured, "latest", None)
        self._measured.latest = None
        return latest

    def note(self, promise: Promise) -> None:
        """Keep a promise that was looked at."""
        self.promises.append(promise)


_current = CurrentRun()


def current() -> CurrentRun:
    """Return the run of this process."""
    return _current


def begin(run: CurrentRun) -> CurrentRun:
    """Make it the run of this process."""
    global _current
    _current = run
    return run
