"""A report is put together here, and here it is noted what became of it.

Theory. Each attempt to report says what is true now, under the next `seq`. What is told once (an exit, an attempt's step,
a fault's end) is in every report until one was answered. Windows leave the buffer, and log lines are gone, when a report
with them was answered. When the platform refuses a report for its content, the next ones carry ever fewer windows; a
single one that is refused is lost, so that nothing is refused for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tagent_contract.health import InstanceState
from tagent_contract.reports import AttemptProgress, ExitSeen, FaultProgress, Place, Report
from tagent_sidecar.telemetry.log_lines import KeptLine, LogLines
from tagent_sidecar.telemetry.window_buffer import WindowBuffer


@dataclass(frozen=True, slots=True)
class Identity:
    """What stays the same for one boot."""

    service: str
    instance: str
    boot_id: str
    boot_at: float
    """Monotonic seconds."""
    address: str
    protocol: str
    supervised: bool
    version: str
    capabilities: tuple[str, ...]
    missing: Mapping[str, str]
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Present:
    """What is true now."""

    incarnation: str
    state: InstanceState
    checks_passed_in_row: int
    faults: tuple[FaultProgress, ...] = ()
    attempts: tuple[AttemptProgress, ...] = ()
    exits: tuple[ExitSeen, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """A report under way, and what it took along."""

    report: Report
    windows_up_to: int
    lines: list[KeptLine]


@dataclass(frozen=True, slots=True)
class ReportLimits:
    """The most that one report carries."""

    windows: int = 100
    log_lines: int = 200
    log_length: int = 128 * 1024


@dataclass(slots=True)
class _Told:
    """What the platform is known to know of exits and attempts, without their ages."""

    exits: dict[int, tuple[object, ...]] = field(default_factory=dict)
    attempts: dict[str, tuple[object, ...]] = field(default_factory=dict)

    def keep_only(self, present: Present) -> None:
        """Forget what nobody speaks of any more, so that a long life takes no more room."""
        exits = {seen.number for seen in present.exits}
        self.exits = {number: told for number, told in self.exits.items() if number in exits}
        attempts = {tried.attempt_id for tried in present.attempts}
        self.attempts = {name: told for name, told in self.attempts.items() if name in attempts}


class ReportAssembly:
    """Makes one boot's reports. One draft at a time: each must be answered, failed or refused before the next."""

    def __init__(
        self,
        identity: Identity,
        windows: WindowBuffer,
        lines: LogLines,
        limits: ReportLimits | None = None,
    ) -> None:
        """Read from these buffers."""
        self._identity = identity
        self._windows = windows
        self._lines = lines
        self._limits = limits or ReportLimits()
        self._windows_now = self._limits.windows
        self._seq = 0
        self._told = _Told()

    @property
    def has_backlog(self) -> bool:
        """Return whether windows wait that the next regular report would find old."""
        return len(self._windows) > 0

    def draft(self, present: Present, now: float, sent_at: str, *, goodbye: bool = False) -> Draft:
        """Return the next report."""
        self._seq += 1
        self._told.keep_only(present)
        identity = self._identity
        waiting = self._windows.oldest(self._windows_now, now)
        lines = self._lines.take(self._limits.log_lines, self._limits.log_length)
        report = Report(
            service=identity.service,
            instance=identity.instance,
            boot_id=identity.boot_id,
            seq=self._seq,
            sent_at=sent_at,
            boot_age_s=max(now - identity.boot_at, 0.0),
            incarnation=present.incarnation,
            state=present.state,
            address=identity.address,
            protocol=identity.protocol,
            supervised=identity.supervised,
            version=identity.version,
            capabilities=identity.capabilities,
            missing=dict(identity.missing),
            place=identity.place,
            checks_passed_in_row=present.checks_passed_in_row,
            faults=present.faults,
            attempts=tuple(
                attempt
                for attempt in present.attempts
                if self._told.attempts.get(attempt.attempt_id) != _step(attempt)
            ),
            exits=tuple(
                seen for seen in present.exits if self._told.exits.get(seen.number) != _exit(seen)
            ),
            windows=waiting.windows,
            logs=self._lines.to_send(lines, now),
            goodbye=goodbye,
        )
        return Draft(report, waiting.up_to, lines)

    def answered(self, draft: Draft) -> None:
        """Note that the platform has it: what it told need not be told again."""
        self._windows.remove_sent(draft.windows_up_to)
        self._windows_now = min(self._windows_now * 2, self._limits.windows)
        self._told = _Told(
            {**self._told.exits, **{seen.number: _exit(seen) for seen in draft.report.exits}},
            {
                **self._told.attempts,
                **{tried.attempt_id: _step(tried) for tried in draft.report.attempts},
            },
        )

    def failed(self, draft: Draft) -> None:
        """Note that nobody knows whether it arrived: all of it is told again."""
        self._lines.put_back(draft.lines)

    def refused(self, draft: Draft) -> int:
        """Note that the platform will not take its content; return how many windows are lost by that.

        Its log lines are lost, too: they are the likeliest to be at fault, and the least needed.
        """
        self._lines.dropped += len(draft.lines)
        count = len(draft.report.windows)
        self._windows_now = max(count // 4, 1)
        if count != 1:
            return 0
        self._windows.drop_up_to(draft.windows_up_to)
        return 1


def _exit(seen: ExitSeen) -> tuple[object, ...]:
    return (seen.restarted_as, seen.back_ms, seen.held_until_s is None)


def _step(attempt: AttemptProgress) -> tuple[object, ...]:
    return (attempt.state, attempt.incarnation, attempt.detail)
