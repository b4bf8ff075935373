"""What a report says of this sidecar: gathered from its parts when a report is made, and told back to them when it arrived."""

from __future__ import annotations

import time
from collections.abc import Callable

from tagent_contract.plan import PlanRevision
from tagent_contract.times import format_time
from tagent_sidecar.checks.health_watch import HealthWatch
from tagent_sidecar.faults.engine import FaultEngine
from tagent_sidecar.platform_link.http import Answer
from tagent_sidecar.supervisor.service import Service
from tagent_sidecar.telemetry.report_assembly import Draft, Present, ReportAssembly


class SidecarReports:
    """Keeps the promises of `ReportSource` for one sidecar."""

    def __init__(
        self,
        assembly: ReportAssembly,
        engine: FaultEngine,
        service: Service,
        watch: HealthWatch,
        wall_clock: Callable[[], float],
    ) -> None:
        """Gather from these parts. `on_answer` and `on_superseded` are set by who listens, before the first report."""
        self.on_answer: Callable[[Answer, PlanRevision], None] = lambda _answer, _newest: None
        self.on_superseded: Callable[[], None] = lambda: None
        self._assembly = assembly
        self._engine = engine
        self._service = service
        self._watch = watch
        self._wall_clock = wall_clock

    def draft(self, *, goodbye: bool = False) -> Draft:
        """Return a report of what is true now."""
        now = time.monotonic()
        present = Present(
            incarnation=self._service.incarnation,
            state=self._watch.state(),
            checks_passed_in_row=self._watch.outside_passed_in_row,
            faults=self._engine.progress(now),
            attempts=self._service.attempts(now),
            exits=self._service.exits(now),
        )
        return self._assembly.draft(present, now, format_time(self._wall_clock()), goodbye=goodbye)

    def answered(self, draft: Draft, answer: Answer, newest: PlanRevision) -> None:
        """Note that the platform has this report."""
        self._assembly.answered(draft)
        self._engine.ends_delivered(draft.report.faults)
        self.on_answer(answer, newest)

    def failed(self, draft: Draft) -> None:
        """Note that this report may not have arrived."""
        self._assembly.failed(draft)

    def refused(self, draft: Draft) -> int:
        """Note that the platform refuses this report's content."""
        return self._assembly.refused(draft)

    def has_backlog(self) -> bool:
        """Return whether there is more to send than fitted."""
        return self._assembly.has_backlog

    def superseded(self) -> None:
        """Stop injecting."""
        self.on_superseded()
