"""What an incident's record holds of each try at a remedy. Times are seconds since the epoch on the platform's clock."""

from __future__ import annotations

from msgspec import Struct

from tagent_contract.incidents import Outcome, Remedy
from tagent_platform.core.roll_outs import RollOut, Setback


class AttemptRecord(Struct, frozen=True, kw_only=True):
    """One try at a remedy. Written before the act (intent), ended by what was observed."""

    id: str
    number: int
    remedy: Remedy
    instance: str | None
    cause_key: str
    """A fault's id or `organic`: budgets are kept per (target, cause)."""
    by: str
    decided_at: float
    incarnations: dict[str, str] = {}
    """Instance → the incarnation to replace."""
    boots: dict[str, str] = {}
    """Instance → the boot that incarnation belongs to."""
    outcome: Outcome = Outcome.PENDING
    acted_at: float | None = None
    started_at: float | None = None
    answered_at: float | None = None
    """When every target had left its start-up behind, well or not."""
    healthy_at: float | None = None
    """Since when every target has been healthy without a break."""
    was_healthy: bool = False
    """Whether every target has been, once."""
    relapsed_at: float | None = None
    """Since when a target has been sick without a break, after all had been healthy."""
    ended_at: float | None = None
    detail: str = ""
    rolls_out: bool = False
    """It gives the service another revision, by whose instances it is judged."""
    roll_out: RollOut | None = None
    roll_out_at: float | None = None
    """Since when the roll-out has been where it stands."""
    setback: Setback | None = None
    """What its failure means for what comes next."""
