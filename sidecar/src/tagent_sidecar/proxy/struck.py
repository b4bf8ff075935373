"""Carries a decision out on one request (or TCP connection): waits, swallows, resets, answers, or lets it go upstream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from time import monotonic
from typing import Protocol

from tagent_sidecar.faults.effects import Answer, RequestDecision
from tagent_sidecar.proxy.context import ProxyContext

_EARLY_S = 0.0002
"""Timers count whole milliseconds and may fire this much early without anybody noticing."""


class Victim(Protocol):
    """What a struck request needs of its connection."""

    started_at: float

    def open_gate(self) -> None:
        """Let what is held, and all that follows, go upstream."""

    def swallow(self) -> None:
        """Throw away what was sent and what follows."""

    def end_swallowed(self) -> None:
        """Close without an answer, as timed out."""

    def reset_struck(self) -> None:
        """Send a TCP reset."""

    def answer(self, answer: Answer) -> None:
        """Answer instead of the service."""


class StruckRequest:
    """One decision under way. `over` must be called once, when the request has ended in any way."""

    __slots__ = (
        "_context",
        "_ended",
        "_happened",
        "_settled",
        "_timer",
        "_victim",
        "decision",
        "on_release",
    )

    def __init__(self, context: ProxyContext, decision: RequestDecision, victim: Victim) -> None:
        self._context = context
        self.decision = decision
        self._victim = victim
        self._happened: set[str] = set()
        self._ended: set[str] = set()
        """Faults that ended meanwhile: what they had in mind does not happen any more."""
        self._timer: asyncio.TimerHandle | None = None
        self._settled = False
        self.on_release: Callable[[], None] | None = None
        context.struck.add(self)

    def start(self) -> None:
        """Begin with the delay, which counts from the request's arrival."""
        for delay in self.decision.delays:
            self.happened(delay.fault_id)
        self._wait()

    def happened(self, fault_id: str) -> None:
        """Count an effect that really took place, once."""
        if fault_id not in self._happened:
            self._happened.add(fault_id)
            if self.decision.counted:
                self._context.engine.affected(fault_id, monotonic())

    def is_live(self, fault_id: str) -> bool:
        """Return whether the fault that caused an effect is still on."""
        return fault_id not in self._ended

    def release(self, ended: Collection[str]) -> None:
        """Let go at once of what ended faults hold."""
        mine = [fault_id for fault_id in self.decision.fault_ids if fault_id in ended]
        if not mine or self._settled:
            return
        self._ended.update(mine)
        swallow = self.decision.swallow
        if swallow is not None and swallow.fault_id in self._happened:
            if not self.is_live(swallow.fault_id):
                self._victim.end_swallowed()
        elif self._timer is not None:
            self._timer.cancel()
            self._wait()
        if self.on_release is not None:
            self.on_release()

    def over(self) -> None:
        """Close the account. Idempotent."""
        if self._settled:
            return
        self._settled = True
        self._context.struck.discard(self)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.decision.counted:
            self._context.engine.settle(self.decision.fault_ids, self._happened, monotonic())

    def _wait(self) -> None:
        delay_s = sum(
            delay.seconds for delay in self.decision.delays if self.is_live(delay.fault_id)
        )
        left = self._victim.started_at + delay_s - monotonic()
        if left > _EARLY_S:
            self._timer = self._context.loop.call_later(left, self._wait)
        else:
            self._timer = None
            self._act()

    def _act(self) -> None:
        decision, victim = self.decision, self._victim
        if decision.swallow is not None and self.is_live(decision.swallow.fault_id):
            self.happened(decision.swallow.fault_id)
            self._timer = self._context.loop.call_later(decision.swallow.seconds, self._swallowed)
            victim.swallow()
        elif (
            decision.reset is not None
            and not decision.reset.response_bytes
            and self.is_live(decision.reset.fault_id)
        ):
            self.happened(decision.reset.fault_id)
            victim.reset_struck()
        elif decision.answer is not None and self.is_live(decision.answer.fault_id):
            self.happened(decision.answer.fault_id)
            victim.answer(decision.answer)
        else:
            victim.open_gate()

    def _swallowed(self) -> None:
        self._timer = None
        self._victim.end_swallowed()
