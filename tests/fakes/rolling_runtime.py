"""A runtime that rolls out, in memory: it keeps the port, and moves when a test tells it to."""

from __future__ import annotations

from collections.abc import Sequence

from tagent_contract.incidents import RollOutState
from tagent_platform.core.roll_outs import RollBack, RollOut
from tagent_platform.ports.runtime import (
    Deployment,
    RestartTarget,
    RuntimeCapability,
    RuntimeDescription,
    RuntimeFailureError,
)
from tagent_platform.ports.series import LogQuery, LogSample


class RollingRuntime:
    """One service, by revisions `r1`, `r2` ...; instances are a test's own."""

    def __init__(self) -> None:
        self.revisions = ["r1"]
        self.serving = "r1"
        self.refusals: list[RuntimeFailureError] = []
        """Raised by the next orders, one each."""
        self.is_away = False
        self.orders: list[str] = []
        self.held: RollBack | None = None
        self.mended_by = ""
        self.asked = 0
        self._state = RollOutState.SERVING
        self._text = ""

    def succeed(self) -> None:
        """End what is under way: the newest revision serves."""
        self._state, self._text = RollOutState.SERVING, "it serves"
        self.serving = self.held.revision if self.held else self.revisions[-1]

    def fail(self, why: str = "the container failed to start") -> None:
        """End what is under way: the old revision goes on serving."""
        self._state, self._text = RollOutState.FAILED, why

    async def describe(self, service: str) -> RuntimeDescription:
        able = {
            RuntimeCapability.RESTART_INSTANCE,
            RuntimeCapability.RESTART_SERVICE,
            RuntimeCapability.ROLL_BACK,
            RuntimeCapability.LOGS,
        }
        return RuntimeDescription("rolling", frozenset(able), through_sidecar=True, rolls_out=True)

    async def restart(
        self, targets: Sequence[RestartTarget], attempt_id: str, *, whole_service: bool = False
    ) -> RollOut | None:
        self._refuse()
        if not whole_service:
            self.orders.append(f"restart {targets[0].instance}")
            return None
        order = f"restart service {attempt_id}"
        if order not in self.orders:
            self.orders.append(order)
            self.revisions.append(f"r{len(self.revisions) + 1}")
            self._state, self._text = RollOutState.RUNNING, "it is made"
        return self._roll_out(self.revisions[-1])

    async def roll_back(
        self, service: str, attempt_id: str, *, undo: bool = False
    ) -> RollOut | None:
        self._refuse()
        self.orders.append("undo" if undo else f"roll back {attempt_id}")
        if undo:
            self.held, self.mended_by, self.serving = None, "", self.revisions[-1]
            return None
        self.held = RollBack(attempt_id=attempt_id, revision="r1", replaced=self.serving, at=1.0)
        self._state, self._text = RollOutState.RUNNING, "traffic goes back"
        return self._roll_out("r1")

    async def follow(
        self, service: str, attempt_id: str = "", roll_out: RollOut | None = None
    ) -> Deployment | None:
        self.asked += 1
        if self.is_away:
            raise RuntimeFailureError("it cannot be reached")
        current = {self.serving} | (set() if self.held else {self.revisions[-1]})
        moved = None if roll_out is None else self._roll_out(roll_out.revision)
        return Deployment(frozenset(current), moved, self.held, self.mended_by)

    async def scale(
        self, service: str, *, instances_min: int | None = None, instances_max: int | None = None
    ) -> None:
        raise NotImplementedError

    async def logs(self, query: LogQuery) -> Sequence[LogSample]:
        return [LogSample(query.service, "i-1", 1.0, "stdout", "info", "kept elsewhere")]

    def _refuse(self) -> None:
        if self.refusals:
            raise self.refusals.pop(0)

    def _roll_out(self, revision: str) -> RollOut:
        return RollOut(
            state=self._state, text=f"{revision}: {self._text}", revision=revision, operation="op-1"
        )
