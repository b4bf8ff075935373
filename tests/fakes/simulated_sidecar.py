"""Many sidecars in one process, for fleets that a machine could not run for real: they speak the real wire over real sockets.

A simulated sidecar reports, waits for plans, acknowledges and ends faults, and obeys restart orders; its health is what the test says.
Raw streams, since an HTTP library would cost more than what is measured.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from tagent_contract.faults import EndReason
from tagent_contract.health import Health, HealthReason, InstanceState
from tagent_contract.plan import Plan
from tagent_contract.reports import (
    AttemptProgress,
    AttemptState,
    Batch,
    FaultProgress,
    Report,
    Window,
)
from tagent_contract.times import format_time

ALL_TYPES = (
    "latency", "error", "reset", "timeout", "bandwidth", "rate_limit", "down", "crash", "hang", "cpu", "memory",
    "limit_data", "slow_close", "corrupt",
)  # fmt: skip

_REASONS = {
    Health.HEALTHY: HealthReason.HEALTHY,
    Health.UNHEALTHY: HealthReason.INSIDE_CHECK_FAILED,
    Health.DEGRADED: HealthReason.LATENCY,
    Health.UNKNOWN: HealthReason.STARTING,
}


class RefusedByPlatformError(Exception):
    """The platform answered with an error; the message holds status and body."""


@dataclass
class Connection:
    """One keep-alive connection to the platform, opened when needed, one request at a time."""

    port: int
    token: str
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def call(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Return status and body. Raises OSError or IncompleteReadError when the connection breaks; the next call opens a new one."""
        try:
            if self._streams is None:
                self._streams = await asyncio.open_connection("127.0.0.1", self.port)
            reader, writer = self._streams
            head = (
                f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\nauthorization: Bearer {self.token}\r\n"
                f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode() + body)
            answer = (await reader.readuntil(b"\r\n\r\n")).lower()
            status = int(answer[9:12])
            length = (
                int(answer.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
                if b"content-length:" in answer
                else 0
            )
            return status, await reader.readexactly(length)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


@dataclass
class AppliedFault:
    """A fault in force, or how it ended."""

    acked_monotonic: float
    ends_monotonic: float
    ended_monotonic: float | None = None
    end_reason: EndReason | None = None


@dataclass
class SimulatedSidecar:
    """One sidecar. `on_restart` is called for each restart order, once; by default the instance is healthy afterwards."""

    port: int
    token: str
    service: str
    instance: str
    interval_s: float = 5.0
    wait_s: float = 10.0
    poll_interval_s: float = 0.0
    """Between two polls, for one that does not wait on the platform."""
    health: Health = Health.HEALTHY
    injects: bool = True
    """Whether requests suffer: each report counts one more injected request per active fault."""
    on_restart: Callable[[SimulatedSidecar], None] | None = None
    on_plan: Callable[[SimulatedSidecar, Plan], None] | None = None
    make_window: Callable[[float], Window] | None = None
    """Makes the figures of the interval just over; by default they are always the same."""
    boot_id: str = field(default_factory=lambda: secrets.token_hex(8))
    incarnation: int = 1
    plan: Plan | None = None
    faults: dict[str, AppliedFault] = field(default_factory=dict)
    restarts: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    _seq: int = 0
    _started: float = field(default_factory=time.monotonic)
    _health_since: float = field(default_factory=time.monotonic)
    _attempts: dict[str, AttemptProgress] = field(default_factory=dict)
    _injected: dict[str, int] = field(default_factory=dict)
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def active(self) -> set[str]:
        return {
            fault_id for fault_id, fault in self.faults.items() if fault.ended_monotonic is None
        }

    def become(self, health: Health) -> None:
        """Report another health, at once."""
        self.health = health
        self._health_since = time.monotonic()
        self._changed.set()

    async def run(self) -> None:
        """Report and follow the plan until cancelled."""
        reports, plans = Connection(self.port, self.token), Connection(self.port, self.token)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._for_ever(self._report, reports))
                tasks.create_task(self._for_ever(self._follow_plan, plans))
        finally:
            reports.close()
            plans.close()

    async def _for_ever(
        self, step: Callable[[Connection], Awaitable[None]], connection: Connection
    ) -> None:
        while True:
            try:
                await step(connection)
            except (OSError, asyncio.IncompleteReadError, RefusedByPlatformError) as error:
                self.errors.append(repr(error))
                await asyncio.sleep(0.2)

    async def _report(self, connection: Connection) -> None:
        self._changed.clear()
        self._end_what_expired()
        self._seq += 1
        body = msgspec.json.encode(Batch(reports=(self._make_report(),)))
        status, answer = await connection.call("POST", "/telemetry", body)
        if status != 200:
            raise RefusedByPlatformError(f"{status} {answer[:300]!r}")
        # Not wait_for, which before Python 3.12 may swallow a cancellation that comes with the event.
        with suppress(TimeoutError):
            async with asyncio.timeout(self.interval_s):
                await self._changed.wait()

    def _make_report(self) -> Report:
        now = time.monotonic()
        for fault_id in self.active if self.injects else ():
            self._injected[fault_id] = self._injected.get(fault_id, 0) + 1
        return Report(
            service=self.service,
            instance=self.instance,
            boot_id=self.boot_id,
            seq=self._seq,
            sent_at=format_time(time.time()),
            boot_age_s=now - self._started,
            incarnation=str(self.incarnation),
            state=InstanceState(
                health=self.health,
                reason=_REASONS[self.health],
                since_age_s=now - self._health_since,
            ),
            supervised=True,
            capabilities=ALL_TYPES,
            checks_passed_in_row=10 if self.health is Health.HEALTHY else 0,
            faults=tuple(
                self._progress(fault_id, fault, now) for fault_id, fault in self.faults.items()
            ),
            attempts=tuple(self._attempts.values()),
            windows=(self._make_window(),),
        )

    def _make_window(self) -> Window:
        if self.make_window is not None:
            return self.make_window(self.interval_s)
        return Window(age_s=0, duration_s=self.interval_s, requests=10)

    def _progress(self, fault_id: str, fault: AppliedFault, now: float) -> FaultProgress:
        injected = self._injected.get(fault_id, 0)
        ended = fault.ended_monotonic
        return FaultProgress(
            id=fault_id,
            active=ended is None,
            ack_age_s=now - fault.acked_monotonic,
            injected=injected,
            first_affected_age_s=now - fault.acked_monotonic if injected else None,
            last_affected_age_s=0.0 if injected and ended is None else None,
            ended_age_s=None if ended is None else now - ended,
            end_reason=fault.end_reason,
        )

    async def _follow_plan(self, connection: Connection) -> None:
        epoch, revision = (self.plan.epoch, self.plan.revision) if self.plan else ("", -1)
        path = (
            f"/api/v1/instances/{self.service}/{self.instance}/plan?boot_id={self.boot_id}"
            f"&epoch={epoch}&revision={revision}&wait_s={self.wait_s:g}"
        )
        status, body = await connection.call("GET", path)
        if self.poll_interval_s:
            await asyncio.sleep(self.poll_interval_s)
        if status == 304:
            return
        if status != 200:
            raise RefusedByPlatformError(f"{status} {body[:300]!r}")
        self.plan = msgspec.json.decode(body, type=Plan)
        self._apply(self.plan)
        if self.on_plan is not None:
            self.on_plan(self, self.plan)

    def _apply(self, plan: Plan) -> None:
        now = time.monotonic()
        for planned in plan.faults:
            mine = planned.incarnation in (None, str(self.incarnation))
            if mine and planned.id not in self.faults:
                self.faults[planned.id] = AppliedFault(now, now + planned.ttl_left_s)
        wanted = {planned.id for planned in plan.faults}
        for fault_id in self.active - wanted:
            reason = (
                EndReason.HALTED if plan.halted else EndReason(plan.ending.get(fault_id, "cleared"))
            )
            self._end(fault_id, reason)
        order = plan.restart
        if (
            order is not None
            and order.attempt_id not in self._attempts
            and order.incarnation == str(self.incarnation)
        ):
            self._restart(order.attempt_id, plan)
        self._changed.set()

    def _restart(self, attempt_id: str, plan: Plan) -> None:
        self.restarts.append(attempt_id)
        for planned in plan.faults:
            if planned.incarnation == str(self.incarnation):
                self._end(planned.id, EndReason.RESTARTED)
        self.incarnation += 1
        self._attempts[attempt_id] = AttemptProgress(
            attempt_id=attempt_id, state=AttemptState.ANSWERED, incarnation=str(self.incarnation)
        )
        self.become(Health.HEALTHY)
        if self.on_restart is not None:
            self.on_restart(self)

    def _end(self, fault_id: str, reason: EndReason) -> None:
        fault = self.faults.get(fault_id)
        if fault is not None and fault.ended_monotonic is None:
            fault.ended_monotonic = time.monotonic()
            fault.end_reason = reason

    def _end_what_expired(self) -> None:
        for fault_id in self.active:
            if time.monotonic() >= self.faults[fault_id].ends_monotonic:
                self._end(fault_id, EndReason.TTL)
