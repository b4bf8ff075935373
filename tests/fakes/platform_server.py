"""A platform for a sidecar under test: a real HTTP server whose answers the test writes.

Raw streams and one screen of code, so that a test can also do what no real platform does: answer late, wrongly, or not at all.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import msgspec

from tagent_contract.faults import Fault
from tagent_contract.health import Health
from tagent_contract.plan import CONFIRMED_AGE_HEADER, Plan, PlanFault, PlanRevision
from tagent_contract.reports import Batch, FaultProgress, Report
from tagent_contract.wire import decode, encode

TOKEN = "sidecar-token-0123456789"


@dataclass(frozen=True)
class Said:
    """An answer that the test wants given."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


NEVER = Said(0)
"""The request got lost on its way: no answer at all, on a connection that stays open."""


@dataclass(frozen=True)
class Received:
    """A report as it came."""

    at: float
    report: Report
    body_bytes: int
    answered: bool


@dataclass
class FakePlatform:
    """Keeps what it is told, and answers with `plan` unless `answer_report` or `answer_plan` say otherwise."""

    plan: Plan = field(default_factory=lambda: Plan(epoch="e1", revision=1))
    confirmed_age_s: float | None = 0.0
    report_delay_s: float = 0.0
    answer_report: Callable[[Report], Said | None] = lambda _report: None
    answer_plan: Callable[[dict[str, str]], Said | None] = lambda _query: None
    received: list[Received] = field(default_factory=list)
    polls: list[dict[str, str]] = field(default_factory=list)
    port: int = 0
    _server: asyncio.Server | None = None
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    # --- the test's side -----------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen; again on the same port after `stop`."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Vanish: no new connections, and the open ones are cut."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for writer in list(self._writers):
            writer.transport.abort()
        await asyncio.sleep(0)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def reports(self) -> list[Report]:
        """The reports that were answered with 200, in order."""
        return [item.report for item in self.received if item.answered]

    @property
    def last(self) -> Report:
        return self.reports[-1]

    def is_healthy(self) -> bool:
        """Whether the service's last word is that it is healthy."""
        return bool(self.reports) and self.last.state.health is Health.HEALTHY

    async def set_plan(self, **changes: object) -> Plan:
        """Make the next revision of the plan, and wake who waits for it."""
        self.plan = msgspec.structs.replace(self.plan, revision=self.plan.revision + 1, **changes)
        await self._tell()
        return self.plan

    async def inject(self, fault: Fault, fault_id: str = "f1", ttl_s: float = 60.0) -> None:
        """Put a fault into the plan."""
        planned = PlanFault(id=fault_id, fault=fault, ttl_left_s=ttl_s)
        await self.set_plan(faults=(*self.plan.faults, planned))

    async def until(self, holds: Callable[[], object], what: str, within_s: float = 15.0) -> None:
        """Wait until something is true of what was received."""
        try:
            async with asyncio.timeout(within_s), self._news:
                await self._news.wait_for(lambda: bool(holds()))
        except TimeoutError:
            raise AssertionError(
                f"not within {within_s} s: {what}; last: {self.received[-2:]}"
            ) from None

    def progress(self, fault_id: str = "f1") -> FaultProgress | None:
        """Return the latest that was told of a fault."""
        told = [item for report in self.reports for item in report.faults if item.id == fault_id]
        return told[-1] if told else None

    # --- the sidecar's side --------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        # Cancelled when the test ends: then nobody waits for this connection.
        with suppress(OSError, EOFError, asyncio.CancelledError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode()
                lines = head.split("\r\n")
                headers = {
                    name.lower(): value.strip()
                    for name, _, value in (line.partition(":") for line in lines[1:] if line)
                }
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                method, target, _ = lines[0].split(" ")
                said = await self._answer(method, target, headers, body)
                if said is NEVER:
                    await asyncio.Event().wait()
                writer.write(_encode(said))
                await writer.drain()
        self._writers.discard(writer)
        writer.close()

    async def _answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Said:
        parts = urlsplit(target)
        if headers.get("authorization") != f"Bearer {TOKEN}":
            return Said(401, b'{"type":"t","title":"unauthenticated","status":401}')
        if (method, parts.path) == ("POST", "/api/v1/telemetry"):
            return await self._take_report(body)
        if method == "GET" and parts.path.endswith("/plan"):
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            return await self._give_plan(query)
        return Said(404)

    async def _take_report(self, body: bytes) -> Said:
        (report,) = decode(body, Batch).reports
        await asyncio.sleep(self.report_delay_s)
        said = self.answer_report(report)
        self.received.append(Received(time.monotonic(), report, len(body), said is None))
        await self._tell()
        if said is not None:
            return said
        plan = PlanRevision(epoch=self.plan.epoch, plan_revision=self.plan.revision)
        return Said(200, encode(plan), self._confirmation())

    async def _give_plan(self, query: dict[str, str]) -> Said:
        self.polls.append(query)
        await self._tell()
        said = self.answer_plan(query)
        if said is not None:
            return said
        held = (query.get("epoch"), int(query.get("revision", "-1")))
        with suppress(TimeoutError):
            async with asyncio.timeout(float(query.get("wait_s", "0"))), self._news:
                await self._news.wait_for(lambda: held != (self.plan.epoch, self.plan.revision))
        if held == (self.plan.epoch, self.plan.revision):
            return Said(304, b"", self._confirmation())
        return Said(200, encode(self.plan), self._confirmation())

    def _confirmation(self) -> tuple[tuple[str, str], ...]:
        age_s = self.confirmed_age_s
        return () if age_s is None else ((CONFIRMED_AGE_HEADER, f"{age_s:.3f}"),)

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()


def _encode(said: Said) -> bytes:
    head = f"HTTP/1.1 {said.status} x\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in said.headers)
    if said.status != 304:
        head += f"content-length: {len(said.body)}\r\n"
    return head.encode() + b"\r\n" + said.body
