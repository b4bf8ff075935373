"""One fault as this sidecar knows it: from its arming to its one end, and what it did."""

from __future__ import annotations

from random import Random

from tagent_contract.faults import EndReason, Fault, fault_type
from tagent_contract.plan import PlanFault
from tagent_contract.reports import FaultProgress
from tagent_sidecar.faults.effects import Effect
from tagent_sidecar.faults.matching import compile_match
from tagent_sidecar.faults.rules import ActsOn, FaultType, Strike
from tagent_sidecar.faults.table import FAULT_TYPES


class ArmedFault:
    """Counts, clock readings and chance of one fault. It is active until `end` was called, which happens once."""

    __slots__ = (
        "_check_random",
        "_random",
        "_rule",
        "acked_at",
        "deadline",
        "detail",
        "end_reason",
        "ended_at",
        "fault",
        "first_affected_at",
        "id",
        "incarnation",
        "injected",
        "last_affected_at",
        "matches",
        "passed",
        "type",
        "unsettled",
    )

    def __init__(self, planned: PlanFault, now: float, incarnation: str | None) -> None:
        fault: Fault = planned.fault
        self.id = planned.id
        self.fault = fault
        self.type: FaultType = FAULT_TYPES[fault_type(fault)]
        self.incarnation = incarnation
        """The one start of the service it is bound to, or None."""
        self.acked_at = now
        self.deadline = now + planned.ttl_left_s
        self.ended_at: float | None = None
        self.end_reason: EndReason | None = None
        self.detail = ""
        self.injected = 0
        self.passed = 0
        self.unsettled = 0
        """Requests struck whose outcome is not yet known."""
        self.first_affected_at: float | None = None
        self.last_affected_at: float | None = None
        self.matches = compile_match(fault.match)
        seed = planned.id if fault.seed is None else fault.seed
        self._random = Random(seed)  # noqa: S311 - repeatable on purpose, nothing secret
        # The sidecar's own checks draw elsewhere, so that they do not shift the sequence that requests see.
        self._check_random = Random(f"check {seed}")  # noqa: S311
        rule = self.type.rule
        self._rule = rule(planned.id, fault) if rule is not None else None

    @property
    def is_active(self) -> bool:
        """Return whether it has not ended."""
        return self.ended_at is None

    @property
    def acts_on_process(self) -> bool:
        """Return whether the supervisor carries it out."""
        return self.type.acts_on is ActsOn.PROCESS

    def strikes(self, *, counted: bool) -> bool:
        """Draw whether this matched request is struck; one that is let by is counted as passed."""
        fault = self.fault
        full = fault.max_count is not None and self.injected + self.unsettled >= fault.max_count
        if not full and (
            fault.probability >= 1 or self._chance(counted).random() < fault.probability
        ):
            self.unsettled += counted
            return True
        self.passed += counted
        return False

    def effect(self, now: float, *, counted: bool) -> Effect | None:
        """Decide one matched request."""
        if self._rule is None or not self.strikes(counted=counted):
            return None
        strike = Strike(now, self.deadline - now, self._chance(counted), counted)
        effect = self._rule.effect(strike)
        if effect is None and counted:
            self.unsettled -= 1
            self.passed += 1
        return effect

    def affect(self, now: float) -> bool:
        """Count one affected request; return whether it is the first."""
        self.injected += 1
        self.last_affected_at = now
        if self.first_affected_at is None:
            self.first_affected_at = now
            return True
        return False

    def settle(self, *, affected: bool) -> None:
        """Close the account of one struck request."""
        self.unsettled -= 1
        if not affected:
            self.passed += 1

    @property
    def is_used_up(self) -> bool:
        """Return whether all of `max_count` happened and nothing is held any more."""
        most = self.fault.max_count
        return most is not None and self.injected >= most and self.unsettled <= 0

    def end(self, reason: EndReason, now: float, detail: str = "") -> None:
        """End it, finally. Raises RuntimeError when it has ended before: each fault ends exactly once."""
        if self.ended_at is not None:
            raise RuntimeError(f"fault {self.id} ended as {self.end_reason}, and again as {reason}")
        self.ended_at = now
        self.end_reason = reason
        self.detail = detail

    def progress(self, now: float) -> FaultProgress:
        """Say what became of it."""
        return FaultProgress(
            id=self.id,
            active=self.is_active,
            ack_age_s=_age(now, self.acked_at),
            injected=self.injected,
            passed=self.passed,
            first_affected_age_s=_age(now, self.first_affected_at),
            last_affected_age_s=_age(now, self.last_affected_at),
            ended_age_s=_age(now, self.ended_at),
            end_reason=self.end_reason,
            detail=self.detail,
        )

    def _chance(self, counted: bool) -> Random:
        return self._random if counted else self._check_random


def matches_requests(fault: Fault) -> bool:
    """Return whether the fault asks for something that only HTTP has."""
    match = fault.match
    return match.method is not None or match.path is not None or bool(match.headers)


def _age(now: float, at: float | None) -> float | None:
    return None if at is None else max(0.0, now - at)
