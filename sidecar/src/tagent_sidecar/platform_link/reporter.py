"""Reports: what is true now, told each few seconds and at once on a change, until the platform has it.

One report is under way at a time. What changes meanwhile is in the next one. A failed report is not sent again: a new one
is made, with what is true by then and everything the platform does not have yet.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from tagent_contract.plan import PlanRevision
from tagent_contract.reports import Batch
from tagent_contract.wire import WireError, decode, encode
from tagent_sidecar.platform_link.answers import Meaning, describe, read_meaning, retry_after_s
from tagent_sidecar.platform_link.backoff import Backoff
from tagent_sidecar.platform_link.http import Answer, HttpClient, LinkError
from tagent_sidecar.platform_link.settings import LinkSettings
from tagent_sidecar.telemetry.report_assembly import Draft

log = logging.getLogger("tagent_sidecar.report")

REPORT_ROUTE = "/api/v1/telemetry"


class ReportSource(Protocol):
    """Where reports come from, and who is told what became of them."""

    def draft(self, *, goodbye: bool = False) -> Draft:
        """Return a report of what is true now."""

    def answered(self, draft: Draft, answer: Answer, newest: PlanRevision) -> None:
        """Note that the platform has this report."""

    def failed(self, draft: Draft) -> None:
        """Note that this report may not have arrived."""

    def refused(self, draft: Draft) -> int:
        """Note that the platform refuses this report's content; return how many windows are lost by that."""

    def has_backlog(self) -> bool:
        """Return whether there is more to send than fitted."""

    def superseded(self) -> None:
        """Stop injecting: a newer boot has this name."""


class Reporter:
    """Sends reports. `run` it in one task; `changed` may be called from anywhere on its loop."""

    def __init__(
        self,
        client: HttpClient,
        settings: LinkSettings,
        source: ReportSource,
        backoff: Backoff,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Send nothing yet."""
        self.outcomes: Counter[str] = Counter()
        """How many reports had which outcome."""
        self.last_answer_at = clock()
        """When the platform last took a report; until it took one, the start."""
        self._client = client
        self._settings = settings
        self._source = source
        self._backoff = backoff
        self._clock = clock
        self._due = asyncio.Event()
        self._due.set()  # The first report registers the instance, whatever is known by then.
        self._not_before = float("-inf")
        self._is_superseded = False
        self._failing_since: float | None = None

    def changed(self) -> None:
        """Report at once, or as soon as the last report and the platform's wishes allow."""
        self._due.set()

    def stop(self) -> None:
        """Send no more; for a sidecar that was superseded."""
        self._is_superseded = True
        self._due.set()

    async def run(self) -> None:
        """Send a report whenever one is due, until superseded."""
        while True:
            await self._due.wait()
            if self._is_superseded:
                return
            await asyncio.sleep(max(self._not_before - self._clock(), 0.0))
            self._due.clear()
            await self._send_one()

    async def say_goodbye(self) -> None:
        """Send a last report, once, within its time-out. Call it when `run` has ended."""
        if not self._is_superseded:
            await self._send(self._source.draft(goodbye=True), self._settings.goodbye_timeout_s)

    async def _send_one(self) -> None:
        self._not_before = self._clock() + self._settings.coalesce_s
        draft = self._source.draft()
        try:
            wait_s = await self._send(draft, self._settings.report_timeout_s)
        except asyncio.CancelledError:
            self._source.failed(draft)
            raise
        if wait_s:
            self._not_before = max(self._not_before, self._clock() + wait_s)
            self._due.set()
        elif self._source.has_backlog():
            self._due.set()

    async def _send(self, draft: Draft, timeout_s: float) -> float:
        """Send it once, see to what the answer means, and return how long to wait if it must be tried again."""
        body = encode(Batch(reports=(draft.report,)))
        try:
            answer = await self._client.request("POST", REPORT_ROUTE, body, timeout_s=timeout_s)
            meaning = read_meaning(answer)
            newest = decode(answer.body, PlanRevision) if meaning is Meaning.TAKEN else None
        except (LinkError, WireError) as error:
            self._source.failed(draft)
            self.outcomes["unreachable"] += 1
            self._note_failure(str(error))
            return self._backoff.failed()
        self.outcomes[meaning.value] += 1
        if newest is not None:
            self._note_success()
            self._source.answered(draft, answer, newest)
            return 0.0
        return self._not_taken(draft, answer, meaning)

    def _not_taken(self, draft: Draft, answer: Answer, meaning: Meaning) -> float:
        said = describe(answer)
        if meaning is Meaning.SUPERSEDED:
            self._is_superseded = True
            self._source.failed(draft)
            self._source.superseded()
            return 0.0
        if meaning is Meaning.UNACCEPTABLE:
            lost = self._source.refused(draft)
            log.error(
                "the platform refuses a report for its content: %s; windows lost: %d", said, lost
            )
            wait_s = self._backoff.failed()
            # With windows, the next report has fewer of them. Without any, only a person can mend it.
            return wait_s if draft.report.windows else self._settings.slow_retry_s
        self._source.failed(draft)
        if meaning is Meaning.DENIED:
            log.error("the platform does not accept this sidecar's token: %s", said)
            return self._settings.slow_retry_s
        if meaning is Meaning.SHUT_OUT:
            log.error(
                "something before the platform refuses this sidecar (%s); if that is Cloud Run, give the service account that this sidecar "
                "runs as roles/run.invoker on the platform's service",
                said,
            )
            return self._settings.slow_retry_s
        if meaning is Meaning.BUSY:
            self._note_failure(said)
            return max(self._backoff.failed(), retry_after_s(answer))
        log.error("no platform answers reports at this address: %s", said)
        return self._settings.slow_retry_s

    def _note_failure(self, why: str) -> None:
        if self._failing_since is None:
            self._failing_since = self._clock()
            log.warning("reports wait, the platform does not take them: %s", why)

    def _note_success(self) -> None:
        self._backoff.succeeded()
        self.last_answer_at = self._clock()
        if self._failing_since is not None:
            away_s = self.last_answer_at - self._failing_since
            self._failing_since = None
            log.info("the platform takes reports again, after %.1f s", away_s)
